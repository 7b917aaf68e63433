"""A Hub client over one plain HTTP connection: quick, and it never tries again behind a test's back."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from tests.factories.xet import claim_file, cut, index_chunks, write_shard

GONE = (OSError, http.client.HTTPException)
"""What a call raises when the server dies in the middle."""


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def expect(self, *statuses: int) -> Answer:
        if self.status not in (statuses or (200, 201)):
            raise Refused(self)
        return self


class Refused(Exception):
    """An answer with another status than expected."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.headers.get('x-error-code')}: {answer.body[:300]!r}")
        self.answer = answer


@dataclass
class RawClient:
    """One user's connection to a server."""

    url: str
    token: str | None
    timeout_seconds: float = 30.0
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request over the kept connection; a full url counts by its path."""
        parts = urlsplit(target)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        connection = self._connect()
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    def get(self, target: str, *statuses: int) -> Answer:
        return self.request("GET", target).expect(*statuses)

    def post_json(self, target: str, value: Any, *statuses: int, method: str = "POST") -> Answer:
        body = json.dumps(value).encode()
        return self.request(method, target, body, {"Content-Type": "application/json"}).expect(*statuses)

    # the life of a repo

    def create_repo(self, repo: str) -> None:
        namespace, _, name = repo.partition("/")
        self.post_json("/api/repos/create", {"organization": namespace, "name": name})

    def delete_repo(self, repo: str) -> None:
        namespace, _, name = repo.partition("/")
        self.post_json("/api/repos/delete", {"organization": namespace, "name": name}, method="DELETE")

    def move_repo(self, old: str, new: str) -> None:
        self.post_json("/api/repos/move", {"fromRepo": old, "toRepo": new})

    # content

    def commit(self, repo: str, *operations: Mapping[str, Any], parent: str | None = None, query: str = "") -> str:
        """Commit to main and return the commit's oid."""
        return str(self.commit_answer(repo, *operations, parent=parent, query=query).json()["commitOid"])

    def commit_answer(
        self, repo: str, *operations: Mapping[str, Any], parent: str | None = None, query: str = ""
    ) -> Answer:
        header = {"summary": "change", "description": "", **({"parentCommit": parent} if parent else {})}
        lines = [{"key": "header", "value": header}, *operations]
        body = "\n".join(map(json.dumps, lines)).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        return self.request("POST", f"/api/models/{repo}/commit/main{query}", body, headers).expect()

    def upload_lfs(self, repo: str, content: bytes) -> str:
        """Store a large file the way of git-lfs and return its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        asked = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": sha256, "size": len(content)}]}
        actions = self.post_json(f"/{repo}.git/info/lfs/objects/batch", asked).json()["objects"][0].get("actions")
        if actions is not None:
            self.request("PUT", actions["upload"]["href"], content).expect()
            self.post_json(actions["verify"]["href"], {"oid": sha256, "size": len(content)})
        return sha256

    def upload_xet(self, repo: str, content: bytes) -> str:
        """Store a large file the way of Xet and return its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        access = self.get(f"/api/models/{repo}/xet-write-token/main").json()
        bearer = {"Authorization": f"Bearer {access['accessToken']}"}
        data, index = index_chunks(cut(content, 64 * 1024))
        name = hash_text(index.hash)
        self.request("POST", f"{access['casUrl']}/v1/xorbs/default/{name}", data, bearer).expect()
        shard = write_shard(claim_file((index, 0, len(index)), sha256=sha256), xorbs=(index,))
        self.request("POST", f"{access['casUrl']}/v1/shards", shard, bearer).expect()
        return sha256

    # looking

    def refs(self, repo: str) -> dict[str, str] | None:
        """Every ref with its commit; None when there is no such repo."""
        answer = self.request("GET", f"/api/models/{repo}/refs?include_prs=1")
        if answer.status in (307, 404):
            return None
        found = answer.expect().json()
        return {ref["ref"]: ref["targetCommit"] for group in found.values() for ref in group}

    def files(self, repo: str, revision: str = "main") -> dict[str, str]:
        """The SHA-256 of every file, by path, of the bytes that a download gives."""
        return {path: self.sha256(repo, path, revision) for path in self.paths(repo, revision)}

    def paths(self, repo: str, revision: str = "main") -> list[str]:
        """Every file's path."""
        entries = self.pages(f"/api/models/{repo}/tree/{quote(revision, safe='')}?recursive=true")
        return [entry["path"] for entry in entries if entry["type"] == "file"]

    def sha256(self, repo: str, path: str, revision: str = "main") -> str:
        found = self.get(f"/{repo}/resolve/{quote(revision, safe='')}/{quote(path)}")
        return hashlib.sha256(found.body).hexdigest()

    def history(self, repo: str) -> list[str]:
        """The commits of main, newest first."""
        return [commit["id"] for commit in self.pages(f"/api/models/{repo}/commits/main?limit=1000")]

    def pages(self, target: str) -> list[Any]:
        """The items of all pages."""
        items: list[Any] = []
        while target:
            page = self.get(target)
            items += page.json()
            link = page.headers.get("link", "")
            target = link[link.index("<") + 1 : link.index(">")] if 'rel="next"' in link else ""
        return items

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=self.timeout_seconds)
        return self._connection


def hash_text(raw: bytes) -> str:
    """A Xet hash as urls write it: four little-endian words."""
    return "".join(raw[at : at + 8][::-1].hex() for at in range(0, 32, 8))


def put_file(path: str, content: bytes) -> dict[str, Any]:
    """A line of a commit: a regular file."""
    value = {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"}
    return {"key": "file", "value": value}


def put_large(path: str, sha256: str, size_bytes: int) -> dict[str, Any]:
    """A line of a commit: a large file that is stored already."""
    return {"key": "lfsFile", "value": {"path": path, "algo": "sha256", "oid": sha256, "size": size_bytes}}


def delete_file(path: str) -> dict[str, Any]:
    """A line of a commit: a file goes."""
    return {"key": "deletedFile", "value": {"path": path}}


def sha256_of(contents: Sequence[bytes] | bytes) -> str:
    return hashlib.sha256(contents if isinstance(contents, bytes) else b"".join(contents)).hexdigest()
