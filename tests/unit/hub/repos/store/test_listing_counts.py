"""Counts against brute force: each is what a list would show if its value were chosen."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import select

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.facets import GROUPS
from holdfast.hub.repos.listing.filters import ListQuery, Memory
from holdfast.hub.repos.metadata.tag_kinds import tag_kind
from holdfast.hub.repos.store import listing_bits, listing_ordered
from holdfast.hub.repos.store.listing_counts import browse, count_facets
from holdfast.hub.repos.store.listing_pages import Viewer
from holdfast.hub.repos.store.listing_tables import repo_tag, tag, tag_bits
from tests.factories.listing import GB, brute_force, fill, index, some_facts, some_query

VIEWERS = [Viewer(), Viewer((1, 2)), Viewer(sees_all=True)]


def choose(query, group, word):
    """The query after a click on a value."""
    if group.name == "fits":
        return replace(query, fits=Memory() if word == "here" else Memory(int(word.removesuffix("GB")) * GB))
    if group.name == "gated":
        return replace(query, gated=word == "yes")
    if group.kind is None:
        kept = [each for each in query.facets if not each.startswith(f"{group.name}:")]
        found = replace(query, facets=(*kept, f"{group.name}:{word}"))
        return replace(found, parameters=None) if group.name == "size" else found
    kinds = {name: tag_kind(query.repo_type, name, ("en",)).kind for name in query.tags}
    kept = [name for name in query.tags if not group.one_choice or kinds[name] != group.kind]
    return replace(query, tags=tuple(dict.fromkeys([*kept, word])))


def test_counts_agree_with_brute_force(connection):
    rng = random.Random(7)
    items = fill(connection, rng)
    seen = set()
    for _ in range(60):
        query = replace(some_query(rng), limit=1000)
        viewer = rng.choice(VIEWERS)
        counts = count_facets(connection, query, viewer)
        assert counts.total == len(brute_force(items, query, viewer)), query
        for group in GROUPS[query.repo_type]:
            for value in counts.groups[group.name]:
                chosen = choose(query, group, value.word)
                assert value.count == len(brute_force(items, chosen, viewer)), (query, group.name, value)
                seen.add((query.repo_type, group.name))
    assert {name for kind, name in seen if kind is RepoType.MODEL} == {group.name for group in GROUPS[RepoType.MODEL]}


@pytest.mark.parametrize("look_up_limit", [0, 5, 4_000])
def test_browsing_shows_the_pages_of_a_list(connection, look_up_limit, monkeypatch):
    monkeypatch.setattr(listing_ordered, "LOOK_UP_LIMIT", look_up_limit)
    rng = random.Random(8)
    items = fill(connection, rng)
    for _ in range(25):
        query, viewer = some_query(rng), rng.choice(VIEWERS)
        query = replace(query, limit=max(query.limit, 7))
        keys, cursor = [], None
        while True:
            page, counts = browse(connection, replace(query, cursor=cursor), viewer)
            assert len(page.keys) <= query.limit
            keys += page.keys
            cursor = page.next_cursor
            if cursor is None:
                break
        assert keys == brute_force(items, query, viewer), query
        assert counts.total == len(keys)


def test_values_that_only_private_repos_have_are_not_even_named_to_strangers(connection):
    rng = random.Random(3)
    items = fill(connection, rng)
    repo = next(repo for repo, _ in items if repo.type is RepoType.MODEL and repo.private)
    index(connection, repo.key, replace(some_facts(rng), tags=("license:secret",), facets=("training:rl-tuned",)))
    told = count_facets(connection, ListQuery(RepoType.MODEL), Viewer()).groups
    assert "license:secret" not in {value.word for value in told["license"]}
    assert "rl-tuned" not in {value.word for value in told["training"]}
    own = count_facets(connection, ListQuery(RepoType.MODEL), Viewer((repo.namespace_id,))).groups
    assert {"license:secret": 1}.items() <= {value.word: value.count for value in own["license"]}.items()


def test_a_token_for_one_private_repo_counts_that_one_only(connection):
    rng = random.Random(4)
    items = fill(connection, rng)
    private = [repo for repo, _ in items if repo.private and repo.type is RepoType.MODEL]
    everybody = count_facets(connection, ListQuery(RepoType.MODEL), Viewer()).total
    one = count_facets(connection, ListQuery(RepoType.MODEL), Viewer(repo_text_keys=(private[0].text_key,))).total
    assert one == everybody + 1
    datasets = count_facets(connection, ListQuery(RepoType.DATASET), Viewer()).total
    keys = (private[0].text_key,)
    assert count_facets(connection, ListQuery(RepoType.DATASET), Viewer(repo_text_keys=keys)).total == datasets


def test_nothing_matches_what_no_repo_can_have(connection):
    fill(connection, random.Random(5))
    counts = count_facets(connection, ListQuery(RepoType.MODEL, matches_nothing=True), Viewer(sees_all=True))
    assert counts.total == 0
    assert not any(counts.groups.values())


@pytest.mark.parametrize("many_uses", [1, 30, 10_000])
def test_bits_say_what_the_pairs_say(connection, many_uses, monkeypatch):
    monkeypatch.setattr(listing_bits, "MANY_USES", many_uses)
    fill(connection, random.Random(6))
    tags = connection.execute(select(tag.c.id, tag.c.kind, tag.c.name, tag.c.uses)).all()
    counted = [row.id for row in tags if listing_bits.is_counted(row.kind, row.name, row.uses)]
    sets = listing_bits.read_sets(connection, counted)
    pairs = {}
    for row in connection.execute(select(repo_tag)):
        pairs.setdefault(row.tag_id, set()).add(row.repo_key)
    assert {tag_id: set(found) for tag_id, found in sets.items()} == {
        tag_id: pairs[tag_id] for tag_id in counted if tag_id in pairs
    }
    assert {row.tag_id for row in connection.execute(select(tag_bits))} <= set(counted)
    listed = listing_bits.read_listed_sets(connection, list(pairs))
    assert {tag_id: set(found) for tag_id, found in listed.items()} == pairs
