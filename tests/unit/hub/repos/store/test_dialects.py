"""Lists, search and counts on PostgreSQL, against brute force as on SQLite; what else the two say differently."""

import random
from dataclasses import replace

import pytest

from holdfast.hub.repos.store import listing_conditions, listing_index, listing_ordered, listing_pages, repos
from holdfast.hub.repos.store.dialects import dialect_of
from holdfast.hub.repos.store.listing_counts import browse
from holdfast.hub.repos.store.listing_pages import Viewer, list_repo_keys
from tests.factories.databases import KINDS, open_test_database
from tests.factories.listing import add_repo, brute_force, fill, index, some_facts, some_query

VIEWERS = [Viewer(), Viewer((1, 2)), Viewer((3,), ("model:user1/x",)), Viewer(sees_all=True)]


@pytest.fixture(params=KINDS)
def connection(request, tmp_path):
    database = open_test_database(tmp_path, request.param)
    with database.write() as opened:
        yield opened
    database.close()


@pytest.mark.parametrize("connection", ["postgresql"], indirect=True)
def test_lists_agree_with_brute_force(connection, monkeypatch):
    """By each plan in turn: driven by what is rare, walked along the order, looked at first; looked up or met."""
    rng = random.Random(11)
    items = fill(connection, rng, 80)
    for number in range(60):
        limits = (0, 20, 16_000)[number % 3], (50, 8)[number % 2], (0, 4_000)[number % 2]
        monkeypatch.setattr(listing_pages, "DRIVE_LIMIT", limits[0])
        monkeypatch.setattr(listing_conditions, "DRIVE_LIMIT", limits[0])
        monkeypatch.setattr(listing_pages, "GLANCE_ROWS", limits[1])
        monkeypatch.setattr(listing_ordered, "LOOK_UP_LIMIT", limits[2])
        query, viewer = some_query(rng), rng.choice(VIEWERS)
        wanted = brute_force(items, query, viewer)
        for number_of_page in range(2):
            here = slice(number_of_page * query.limit, (number_of_page + 1) * query.limit)
            page = list_repo_keys(connection, query, viewer)
            assert list(page.keys) == wanted[here], query
            shown, counts = browse(connection, query, viewer)
            assert (shown.keys, counts.total) == (page.keys, len(wanted)), query
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)


def test_what_a_card_says_is_kept_once(connection):
    """Writing the same again changes nothing; other words replace those before; nothing is left of a deleted repo."""
    rng = random.Random(1)
    repo, facts = add_repo(connection, rng, 1)
    dialect = dialect_of(connection)
    for words in ("Überall naïve cafés", "Überall naïve cafés", "else"):
        index(connection, repo.key, replace(facts, search_text=words))
        rows = connection.exec_driver_sql("SELECT rowid FROM repo_text_fts").all()
        assert len(rows) == 1
    assert dialect.kept("Naïve cafés, naive_CAFÉS! don't") in (
        "Naïve cafés, naive_CAFÉS! don't",
        ["cafes", "don", "naive", "t"],
    )
    listing_index.delete(connection, repo.key)
    for table in ("repo_text_fts", "repo_name_fts"):
        assert connection.exec_driver_sql(f"SELECT rowid FROM {table}").all() == []


def test_a_very_long_word_can_be_kept_and_found(connection):
    rng = random.Random(1)
    repo, _ = add_repo(connection, rng, 1)
    index(connection, repo.key, replace(some_facts(rng), search_text=f"{'x' * 300} end"))
    query = replace(some_query(rng), **_everything(repo), search=("x" * 300,))
    assert list_repo_keys(connection, query, Viewer(sees_all=True)).keys == (repo.key,)


def test_keys_are_never_given_twice(connection):
    assert repos.last_key(connection) == 0
    rng = random.Random(1)
    first, _ = add_repo(connection, rng, 1)
    repos.delete_repo(connection, first.key)
    assert repos.last_key(connection) == first.key
    restored, _ = add_repo(connection, rng, 2)
    row = {
        **connection.execute(repos.repo.select()).mappings().one(),
        "key": 70,
        "uid": "f" * 24,
        "text_key": "model:a/b",
    }
    repos.insert_repo(connection, row)
    assert repos.last_key(connection) == 70
    after, _ = add_repo(connection, rng, 3)
    assert (restored.key, after.key) == (first.key + 1, 71)


def _everything(repo):
    return {
        "repo_type": repo.type,
        "tags": (),
        "author": None,
        "gated": None,
        "facets": (),
        "fits": None,
        "parameters": None,
        "models": (),
        "datasets": (),
    }
