"""Which models run elsewhere, which stay loaded, and which compute less exactly: the administrator's choices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoId
from holdfast.inference.domain.predictors import DTYPES


@dataclass(frozen=True)
class Attachment:
    """A server that speaks the OpenAI API and runs a repo's model.

    Args:
        url: its base url, with `/v1` or whatever comes before `/chat/completions`.
        model: the model's name over there; None means the first that it lists.
        token: an access token of that server.
    """

    url: str
    model: str | None = None
    token: str | None = None


class Attachments:
    """Read from settings: `alice/chat=http://gpu:8000/v1#name-over-there`, separated by spaces or commas."""

    def __init__(self, words: str, token: str | None = None) -> None:
        entries = words.replace(",", " ").split()
        self._by_repo = dict(_parsed(entry, token) for entry in entries)

    def of(self, repo_id: str) -> Attachment | None:
        """The server of a repo's model; None for models that run here."""
        return self._by_repo.get(repo_id.lower())

    def repo_ids(self) -> Iterable[str]:
        """Every repo with a server, in lower case."""
        return self._by_repo.keys()


class Pins:
    """Repos whose models stay loaded, from settings: ids separated by spaces or commas."""

    def __init__(self, words: str) -> None:
        self._repos = frozenset(RepoId.parse(word).key for word in words.replace(",", " ").split())

    def has(self, repo_id: str) -> bool:
        """Whether the repo is one of them."""
        return repo_id.lower() in self._repos

    def repo_ids(self) -> Iterable[str]:
        """All of them, in lower case."""
        return self._repos


class Exactness:
    """How exactly models compute, from settings: a dtype for all, and `alice/chat=int8` for single ones."""

    def __init__(self, words: str) -> None:
        entries = [entry.rpartition("=") for entry in words.replace(",", " ").split()]
        for _, _, dtype in entries:
            if dtype not in ("auto", *DTYPES):
                known = ", ".join(("auto", *DTYPES))
                problem = f"must be one of {known}, or such a word behind owner/name=; got {dtype!r}"
                raise InvalidInput(field="HOLDFAST_INFERENCE_DTYPE", problem=problem)
        self._by_repo = {RepoId.parse(repo).key: dtype for repo, _, dtype in entries if repo}
        self._usual = next((dtype for repo, _, dtype in entries if not repo), "auto")

    def of(self, repo_id: str) -> str:
        """The dtype of a repo's model, or `auto`."""
        return self._by_repo.get(repo_id.lower(), self._usual)


def _parsed(entry: str, token: str | None) -> tuple[str, Attachment]:
    repo, _, address = entry.partition("=")
    url, _, model = address.partition("#")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise InvalidInput(
            field="HOLDFAST_INFERENCE_ATTACHED", problem=f"must look like owner/name=http://host:port/v1; got {entry!r}"
        )
    return RepoId.parse(repo).key, Attachment(url, model or None, token)
