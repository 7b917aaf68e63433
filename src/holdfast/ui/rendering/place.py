"""Where a text lies: what its relative links and pictures mean. And the rules for addresses that users wrote."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from holdfast.base.ids import RepoId, RepoType

ID_PREFIX = "user-content-"
"""Before every id that a user chose: theirs never meet ours, nor what scripts find by name in `document`."""
MAX_ADDRESS_CHARACTERS = 2_000
MAX_DATA_PICTURE_CHARACTERS = 2_000_000

_PROSE = (".md", ".mdx", ".markdown")
_SCHEMES = ("http", "https", "mailto")
_IGNORED_BY_BROWSERS = re.compile(r"[\x00-\x20]+")
_LINE_ENDS = re.compile(r"[\t\r\n]+")
"""What browsers leave out wherever it stands: `/<tab>/example.org` leads to another site."""
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
_FILE_OF_A_REPO = re.compile(r"/((?:datasets/|spaces/)?[^/]+/[^/]+)/(?:resolve|raw|blob)/(.+)", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A folder of a repo at a revision, on a server.

    Args:
        base_url: the server's own address, without a slash at its end; empty when it is not known.
        repo_path: what follows it on the repo's page, encoded: `/datasets/alice/words`. Empty: the text belongs to no
            repo, and its relative links lead nowhere.
        revision: as the reader chose it, not encoded.
        folder: of the text, from the root of the repo, not encoded; empty for the root.
    """

    base_url: str = ""
    repo_path: str = ""
    revision: str = "main"
    folder: str = ""

    @property
    def root(self) -> str:
        """The path that the server is mounted under; usually empty."""
        return urlsplit(self.base_url).path


def place_of(base_url: str, repo_type: RepoType, repo_id: RepoId, revision: str, path: str = "") -> Place:
    """The place of a file at `path`."""
    return Place(base_url, f"/{repo_type.url_prefix}{quote(str(repo_id))}", revision, path.rpartition("/")[0])


NOWHERE = Place()


def link_address(place: Place, href: str) -> str | None:
    """What a link to `href` leads to, encoded; None when it must not be a link."""
    href = _plain(href)
    if not href or len(href) > MAX_ADDRESS_CHARACTERS:
        return None
    if href.startswith("#"):
        return "#" + ID_PREFIX + href[1:].removeprefix(ID_PREFIX)
    if href.startswith(("//", "\\", "/\\")):
        return None
    if href.startswith("/"):
        return place.root + href
    scheme = _scheme(href)
    if scheme is not None:
        return href if scheme in _SCHEMES else None
    return _in_repo(place, href, "blob")


def picture_address(place: Place, src: str) -> str | None:
    """Where this server has the picture `src`; None when it lies elsewhere or nowhere: pages load nothing foreign."""
    src = _plain(src)
    if src.startswith("data:"):
        return src if len(src) <= MAX_DATA_PICTURE_CHARACTERS and _DATA_PICTURE.fullmatch(src) else None
    if not src or len(src) > MAX_ADDRESS_CHARACTERS or src.startswith(("//", "#", "\\")):
        return None
    if place.base_url and src.startswith(place.base_url + "/"):
        src = src[len(place.base_url) :]
    if src.startswith("/"):
        found = _FILE_OF_A_REPO.fullmatch(src)
        climbs = "\\" in src or {".", ".."} & set(unquote(src).split("/"))
        return f"{place.root}/{found[1]}/resolve/{found[2]}" if found and not climbs else None
    return None if _scheme(src) is not None else _in_repo(place, src, "resolve")


def _plain(address: str) -> str:
    """The address as browsers understand it: without what they ignore in it."""
    return _IGNORED_BY_BROWSERS.sub("", address) if ":" in address[:100] else _LINE_ENDS.sub("", address).strip()


def _scheme(address: str) -> str | None:
    head, colon, _ = address.partition(":")
    return head.lower() if colon and not set("/?#") & set(head) else None


def _in_repo(place: Place, address: str, view: str) -> str | None:
    if not place.repo_path:
        return None
    path, query, fragment = _parts(address)
    whole = posixpath.normpath(posixpath.join("/", place.folder, unquote(path))).lstrip("/")
    depth = posixpath.normpath(posixpath.join(place.folder, unquote(path)))
    if depth.startswith("..") or "\0" in whole:
        return None
    if view == "blob" and (not whole or path.endswith("/")):
        view = "tree"
    target = f"{place.root}{place.repo_path}/{view}/{quote(place.revision, safe='')}/{quote(whole)}".rstrip("/")
    if view == "blob" and path.lower().endswith(_PROSE) and not fragment.startswith(f"#{ID_PREFIX}"):
        fragment = f"#{ID_PREFIX}{fragment[1:]}" if fragment else ""
    return target + query + fragment


def _parts(address: str) -> tuple[str, str, str]:
    rest, hash_sign, fragment = address.partition("#")
    path, question_mark, query = rest.partition("?")
    return path, question_mark + query, hash_sign + fragment
