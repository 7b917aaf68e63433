"""What a repo is: values and pure rules. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from holdfast.base.ids import RepoId, RepoType


class Gating(Enum):
    """How a public repo gives out its files. The value is the API's word."""

    AUTO = "auto"
    MANUAL = "manual"


@dataclass(frozen=True)
class Repo:
    """One repo as indexed. Times are milliseconds since 1970.

    Args:
        key: the integer under which everything about the repo is stored; never changes.
        uid: the 24 hex digits that the API calls `_id`.
        head_oid: commit of the default branch, None for a repo without commits.
        gated: None means that who may see it may read it.
    """

    key: int
    uid: str
    type: RepoType
    id: RepoId
    namespace_id: int
    creator_id: int | None
    private: bool
    gated: Gating | None
    disabled: bool
    default_branch: str
    head_oid: str | None
    created_at: int
    updated_at: int
    likes: int
    downloads: int
    downloads_all_time: int
    trending_score: float

    @property
    def text_key(self) -> str:
        """`model:alice/bert`, lower case: unique, and the scope of fine-grained tokens."""
        return repo_text_key(self.type, self.id)

    @property
    def default_ref(self) -> str:
        """Full name of the default branch."""
        return f"refs/heads/{self.default_branch}"


def repo_text_key(repo_type: RepoType, repo_id: RepoId) -> str:
    """The unique lower-case name of a repo."""
    return f"{repo_type.value}:{repo_id.key}"


@dataclass(frozen=True)
class AddFile:
    """Put bytes at a path, inside git."""

    path: str
    content: bytes


@dataclass(frozen=True)
class AddLargeFile:
    """Put a stored object at a path; `size_bytes` None when the client copies and does not say."""

    path: str
    sha256: str
    size_bytes: int | None


@dataclass(frozen=True)
class DeleteFile:
    """Remove a file, or the folder of that name (clients send folders here too)."""

    path: str


@dataclass(frozen=True)
class DeleteFolder:
    """Remove a folder with all it holds."""

    path: str


Operation = AddFile | AddLargeFile | DeleteFile | DeleteFolder


@dataclass(frozen=True)
class CommitHeader:
    """The first line of a commit request."""

    summary: str
    description: str
    parent_oid: str | None


@dataclass(frozen=True)
class CommitResult:
    """A commit that was made. `pull_request` is its number when it went to one."""

    repo: Repo
    oid: str
    pull_request: int | None = None


CANONICAL_NAMESPACES = {
    RepoType.MODEL: {
        "google-bert": ("bert-base-uncased", "bert-base-cased", "bert-large-uncased", "bert-large-cased",
                        "bert-base-multilingual-cased", "bert-base-multilingual-uncased", "bert-base-chinese",
                        "bert-base-german-cased"),
        "distilbert": ("distilbert-base-uncased", "distilbert-base-cased", "distilgpt2", "distilroberta-base",
                       "distilbert-base-multilingual-cased", "distilbert-base-uncased-finetuned-sst-2-english",
                       "distilbert-base-cased-distilled-squad"),
        "openai-community": ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "openai-gpt",
                             "roberta-base-openai-detector"),
        "facebookai": ("roberta-base", "roberta-large", "roberta-large-mnli", "xlm-roberta-base", "xlm-roberta-large"),
        "google-t5": ("t5-small", "t5-base", "t5-large", "t5-3b", "t5-11b"),
        "albert": ("albert-base-v1", "albert-base-v2", "albert-large-v2", "albert-xlarge-v2", "albert-xxlarge-v2"),
        "xlnet": ("xlnet-base-cased", "xlnet-large-cased"),
        "transfo-xl": ("transfo-xl-wt103",),
        "salesforce": ("ctrl",),
        "almanach": ("camembert-base",),
    },
    RepoType.DATASET: {
        "rajpurkar": ("squad", "squad_v2"),
        "stanfordnlp": ("imdb", "sst2", "snli"),
        "nyu-mll": ("glue", "multi_nli"),
        "fancyzhx": ("ag_news", "amazon_polarity"),
        "ylecun": ("mnist",),
        "uoft-cs": ("cifar10", "cifar100"),
        "salesforce": ("wikitext",),
        "abisee": ("cnn_dailymail",),
        "openai": ("gsm8k",),
    },
}  # fmt: skip
"""One-word ids of the public Hub's early days and the namespaces that they moved to; people still type them."""


def canonical_target(repo_type: RepoType, name: str) -> RepoId | None:
    """The full id behind a one-word id, or None when it never was one."""
    for namespace, names in CANONICAL_NAMESPACES.get(repo_type, {}).items():
        if name.lower() in names:
            return RepoId(namespace, name)
    return None
