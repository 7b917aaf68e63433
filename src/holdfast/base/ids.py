"""Value types for the names of things: repo types and ids, git and content hashes, paths in a repo."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import Enum

from holdfast.base.errors import InvalidInput, InvalidPath

NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
"""A namespace or repo name. Source: huggingface_hub utils/_validators.py, and its test users that start with `__`."""

RESERVED_NAMESPACES = frozenset({
    "api", "datasets", "spaces", "models", "kernels", "buckets", "collections", "cas", "v1", "v2", "lfs", "oauth",
    "login", "logout", "join", "signup", "settings", "admin", "static", "healthz", "metrics", "new", "docs", "search",
    "uploads", "organizations", "users", "notifications", "tasks", "papers", "posts", "me", "resolve", "whoami-v2",
    "embed", "rerank", "predict", "generate", "generate_stream", "info", "health",
    "pipeline", "hf-inference",
    "setup", "theme", "avatars", "new-model", "new-dataset", "new-space", "likes", "trending", "telemetry", "version",
    "status", "help", "about", "blog", "support", "security", "privacy", "terms", "legal", "contact", "home",
    "explore", "discussions", "jobs", "inference", "endpoints", "training", "evaluation", "leaderboards", "moderation",
    "guide", "assets", "files", "download", "downloads", "account", "profile", "orgs", "organization", "system",
    "anonymous", "favicon.ico", "robots.txt", "sitemap.xml", "manifest.json", "sw.js", "git", "raw", "blob", "tree",
    "webhooks", "tokens", "repos", "languages", "licenses", "libraries", "tags", "reports", "viewer", "mcp",
})  # fmt: skip
"""Names that no user or organization can have: words of our addresses, now and perhaps later, or misleading ones."""

RESERVED_REPO_NAMES = frozenset({
    "refs", "tree", "revision", "commits", "resolve", "raw", "blob", "commit", "compare", "paths-info", "preupload",
    "settings", "discussions", "like", "likers", "treesize", "xet-read-token", "xet-write-token", "branch", "tag",
    "super-squash", "revert", "lfs-files", "duplicate", "auth-check", "user-access-request", "safetensors-metadata",
    "info", "blame", "overview", "edit", "upload", "delete", "preview", "tensorboard", "autotrain",
    "new", "request-access", "ask-access", "try-it", "git-upload-pack", "git-receive-pack",
})  # fmt: skip
"""Words that follow a repo id in a route: with them as names, `/api/models/gpt2/refs` would have two meanings."""

OID_PATTERN = re.compile(r"[0-9a-f]{40}")
SHA256_PATTERN = re.compile(r"[0-9a-f]{64}")
MAX_PATH_BYTES = 4096
MAX_SEGMENT_BYTES = 255


class RepoType(Enum):
    """The three kinds of repo. The value is the API's singular word."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"

    @property
    def plural(self) -> str:
        """The word in `/api/{plural}/…`."""
        return f"{self.value}s"

    @property
    def url_prefix(self) -> str:
        """What precedes the repo id in page, resolve and git urls: empty for models."""
        return "" if self is RepoType.MODEL else f"{self.plural}/"

    @classmethod
    def parse(cls, word: str | None) -> RepoType:
        """Read the singular or plural word; None means model, as in the Hub API.

        Raises:
            InvalidInput: another word.
        """
        if word is None:
            return cls.MODEL
        repo_type = _REPO_TYPES.get(word)
        if repo_type is None:
            raise InvalidInput(field="type", problem=f"must be one of model, dataset, space; got {word[:50]!r}")
        return repo_type


_REPO_TYPES = {word: repo_type for repo_type in RepoType for word in (repo_type.value, repo_type.plural)}


@dataclass(frozen=True)
class RepoId:
    """`namespace/name`, in the letters its owner chose; compare with `key`, for ids ignore case.

    `namespace` is None only for canonical one-word ids such as `gpt2`, which are redirects.
    """

    namespace: str | None
    name: str

    def __str__(self) -> str:
        return self.name if self.namespace is None else f"{self.namespace}/{self.name}"

    @functools.cached_property
    def key(self) -> str:
        """The lower-case form under which ids are unique."""
        return str(self).lower()

    @classmethod
    def parse(cls, text: str, field: str = "repo_id") -> RepoId:
        """Read `namespace/name` or a one-word id without judging whether the name may be created."""
        namespace, _, name = text.rpartition("/")
        if "/" in namespace or not name:
            raise InvalidInput(field=field, problem=f"must look like 'namespace/name'; got {text[:100]!r}")
        return cls(namespace or None, name)


def check_name(name: str, field: str = "name") -> str:
    """Refuse names that could not be a namespace's or a repo's.

    Raises:
        InvalidInput: with the rule that was broken.
    """
    if not NAME_PATTERN.fullmatch(name) or "--" in name or ".." in name or name[-1] in ".-":
        raise InvalidInput(
            field=field,
            problem="must have 1 to 96 letters, digits, '-', '_' or '.', start with a letter, digit or '_', "
            f"not end with '-' or '.', nor contain '--' or '..'; got {name[:100]!r}",
        )
    if name.endswith((".git", ".lock")):
        raise InvalidInput(field=field, problem="must not end with '.git' or '.lock'")
    return name


def check_repo_path(path: str) -> str:
    """Refuse paths that git, a client's disk or a browser could misread; returns the path unchanged.

    Raises:
        InvalidPath: empty, absolute, too long, `.`/`..`/`.git` segments, NUL or control characters, `..` behind
            backslashes, not encodable as UTF-8.
    """
    problem = _path_problem(path)
    if problem:
        raise InvalidPath(problem=f"{problem}: {path[:200]!r}")
    return path


def _path_problem(path: str) -> str | None:
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "is not valid Unicode"
    if not path:
        return "is empty"
    if len(encoded) > MAX_PATH_BYTES:
        return f"is longer than {MAX_PATH_BYTES} bytes"
    if any(ord(character) < 32 or ord(character) == 127 for character in path):
        return "holds a control character"
    for segment in path.split("/"):
        if segment in ("", ".", ".."):
            return "has an empty, '.' or '..' part"
        if segment.lower() == ".git" or segment.lower().startswith("git~"):
            return "has a '.git' part"
        if len(segment.encode()) > MAX_SEGMENT_BYTES:
            return f"has a part longer than {MAX_SEGMENT_BYTES} bytes"
    if path.startswith("..\\"):
        return "starts with a '..' part"  # the Hub lets later ones pass: a backslash is a letter like any other here
    return None


def check_sha256(text: str, field: str = "oid") -> str:
    """Return `text` if it is a SHA-256 in lower-case hex.

    Raises:
        InvalidInput: anything else.
    """
    if not SHA256_PATTERN.fullmatch(text):
        raise InvalidInput(field=field, problem="must be a SHA-256 of 64 lower-case hexadecimal digits")
    return text
