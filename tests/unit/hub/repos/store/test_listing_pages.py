"""Pages against brute force: every filter, order, search and viewer, whichever plan is chosen."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import select

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import Cursor, ListQuery
from holdfast.hub.repos.store import listing_conditions, listing_pages
from holdfast.hub.repos.store.listing_pages import Viewer, list_repo_keys, public_tags
from holdfast.hub.repos.store.listing_tables import repo_tag, tag
from tests.factories.listing import brute_force, fill, some_query


def all_pages(connection, query, viewer):
    keys, cursor = [], None
    while True:
        page = list_repo_keys(connection, replace(query, cursor=cursor), viewer)
        assert len(page.keys) <= query.limit
        keys += page.keys
        if page.next_cursor is None:
            return keys
        cursor = Cursor.decode(page.next_cursor.encode())


@pytest.mark.parametrize(("drive_limit", "glance_rows"), [(0, 50), (0, 10), (20, 8), (16_000, 50)])
def test_pages_agree_with_brute_force(connection, drive_limit, glance_rows, monkeypatch):
    monkeypatch.setattr(listing_pages, "DRIVE_LIMIT", drive_limit)
    monkeypatch.setattr(listing_conditions, "DRIVE_LIMIT", drive_limit)
    monkeypatch.setattr(listing_pages, "GLANCE_ROWS", glance_rows)
    rng = random.Random(5)
    items = fill(connection, rng)
    for _ in range(250):
        query = some_query(rng)
        viewer = rng.choice([Viewer(), Viewer((1, 2)), Viewer(sees_all=True)])
        assert all_pages(connection, query, viewer) == brute_force(items, query, viewer), query


def test_counts_follow_every_change_and_strangers_see_public_tags_only(connection):
    items = fill(connection, random.Random(9))
    public = {repo.key for repo, _ in items if not repo.private}
    for row in connection.execute(select(tag)).all():
        keys = set(connection.execute(select(repo_tag.c.repo_key).where(repo_tag.c.tag_id == row.id)).scalars())
        assert (row.uses, row.public_uses) == (len(keys), len(keys & public))
    kinds = {kind for kind, *_ in public_tags(connection, RepoType.MODEL, 1000)}
    assert kinds == {"license", "library", "language", "pipeline_tag", "region", "other"}


def test_what_can_match_nothing_costs_nothing(connection):
    assert list_repo_keys(connection, ListQuery(RepoType.MODEL, matches_nothing=True), Viewer()).keys == ()
    assert list_repo_keys(connection, ListQuery(RepoType.MODEL, tags=("no-such-tag",)), Viewer()).keys == ()
