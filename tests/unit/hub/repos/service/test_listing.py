"""Pages of lists: how much one may hold."""

from __future__ import annotations

import pytest

from holdfast.hub.repos.domain import AddFile
from holdfast.hub.repos.listing.filters import ListQuery, Sort
from holdfast.hub.repos.service import listing
from tests.factories.hub import MODEL, Hub


def pages(hub: Hub, *, limit: int, full: bool = False) -> list[list[str]]:
    found, cursor = [], None
    while True:
        query = ListQuery(MODEL, sort=Sort.CREATED_AT, descending=False, limit=limit, full=full, cursor=cursor)
        page = hub.repos.lists.list_repos(hub.bob, query)
        found.append([listed.repo.id.name for listed in page.repos])
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_a_page_ends_where_its_repos_tell_too_much(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    for name in "abcd":
        hub.create(f"alice/{name}")
        hub.put(f"alice/{name}", "README.md", f"---\nnote: {name * 5000}\n---\n".encode())
    assert pages(hub, limit=3) == [["a", "b", "c"], ["d"]]
    monkeypatch.setattr(listing, "MAX_FACTS_CHARACTERS", 12_000)
    assert pages(hub, limit=3) == [["a", "b"], ["c", "d"]]
    monkeypatch.setattr(listing, "MAX_FACTS_CHARACTERS", 10)
    assert pages(hub, limit=3) == [["a"], ["b"], ["c"], ["d"]]


def test_a_page_ends_where_its_repos_have_too_many_files(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    for name in "abc":
        hub.create(f"alice/{name}")
        hub.commit(f"alice/{name}", *(AddFile(f"{number}.txt", b"") for number in range(9)))
    monkeypatch.setattr(listing, "MAX_FILES", 20)
    assert pages(hub, limit=3, full=True) == [["a", "b"], ["c"]]
    assert pages(hub, limit=3) == [["a", "b", "c"]]
    monkeypatch.setattr(listing, "MAX_FILES", 5)
    assert pages(hub, limit=3, full=True) == [["a"], ["b"], ["c"]]
