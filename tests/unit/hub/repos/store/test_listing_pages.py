"""Pages against brute force: every filter, order, search and viewer, whichever plan is chosen."""

import random
import re
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, select

from holdfast.backends.database.protocol import metadata
from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import Cursor, ListQuery, Range, Sort
from holdfast.hub.repos.metadata.documents import RepoFacts
from holdfast.hub.repos.metadata.safetensors_header import TensorCount
from holdfast.hub.repos.store import listing_index, listing_pages, repos
from holdfast.hub.repos.store.listing_pages import Viewer, list_repo_keys, public_tags
from holdfast.hub.repos.store.listing_tables import repo_tag, tag

STEMS = ["bert", "roberta", "llama", "tiny", "base", "v2", "a_b", "x"]
TAGS = ["transformers", "PyTorch", "en", "license:mit", "license:apache-2.0", "gguf", "rare-1", "text-classification"]
WORDS = ["sentiment", "wikipedia", "bert", "résumé", "chat", "w1", "w2"]
SEARCHES = ["bert", "ber", "User1/", "be", "sentiment", "a_b", "%", "Résumé chat", "w1", 'x"y', "", "user2/bert"]
COLUMNS = {
    Sort.CREATED_AT: "created_at",
    Sort.LAST_MODIFIED: "updated_at",
    Sort.LIKES: "likes",
    Sort.DOWNLOADS: "downloads",
    Sort.TRENDING_SCORE: "trending_score",
}


def some_facts(rng):
    return RepoFacts(
        tags=(*rng.sample(TAGS, rng.randint(0, 5)), "region:us"),
        languages=("en",),
        models=tuple(rng.sample(["a/B", "c/d"], rng.randint(0, 2))),
        datasets=tuple(rng.sample(["x/y", "z/w"], rng.randint(0, 2))),
        search_text=" ".join(rng.sample(WORDS, 3)),
        safetensors=rng.choice([None, TensorCount({}, rng.randint(0, 100))]),
    )


def add_repo(connection, rng, number):
    repo_type, owner = rng.choice(list(RepoType)), rng.randint(1, 6)
    name = "-".join(rng.sample(STEMS, 2)) + f"-{number}"
    values = {
        "uid": f"{number:024x}", "type": repo_type.value, "namespace_id": owner, "namespace": f"User{owner}",
        "name": name, "text_key": f"{repo_type.value}:user{owner}/{name}", "creator_id": owner,
        "private": rng.random() < 0.3, "gated": rng.choice([None, None, "auto", "manual"]), "default_branch": "main",
        "created_at": number // 3, "updated_at": rng.randint(0, 50), "likes": rng.randint(0, 4),
        "downloads": rng.randint(0, 30), "downloads_all_time": 0, "trending_score": rng.random(),
    }  # fmt: skip
    return index(connection, repos.insert_repo(connection, values), some_facts(rng))


def index(connection, key, facts):
    repo = repos.get_repo(connection, key)
    listing_index.write_visibility(connection, repo)
    listing_index.write(connection, repo, facts)
    return repo, facts


def fill(connection, rng):
    """Three hundred repos, some of them changed, hidden, shown and deleted later."""
    items = [add_repo(connection, rng, number) for number in range(300)]
    for number in range(0, 300, 7):
        repo = items[number][0]
        repos.update_repo(connection, repo.key, private=not repo.private, gated=None)
        items[number] = index(connection, repo.key, some_facts(rng))
    for number in range(3, 300, 50):
        key = items[number][0].key
        listing_index.delete(connection, key)
        repos.delete_repo(connection, key)
    return [item for number, item in enumerate(items) if number % 50 != 3]


def some_query(rng):
    repo_type = rng.choice(list(RepoType))
    is_space = repo_type is RepoType.SPACE
    return ListQuery(
        repo_type,
        tags=tuple(word.lower() for word in rng.sample([*TAGS, "unknown"], rng.choice([0, 0, 1, 2]))),
        search=tuple(rng.sample(SEARCHES, rng.choice([0, 0, 1, 1, 2]))),
        author=rng.choice([None, None, "user1", "USER2", "user"]),
        gated=rng.choice([None, None, True, False]),
        parameters=rng.choice([None, None, Range(10, 50), Range(None, 20), Range(60, None)]),
        sort=rng.choice(list(Sort)),
        descending=rng.random() < 0.8,
        limit=rng.choice([1, 3, 10, 100]),
        models=tuple(rng.sample(["a/b", "c/d"], rng.choice([0, 0, 1]))) if is_space else (),
        datasets=("x/y",) if is_space and rng.random() < 0.3 else (),
    )


def matches(repo, facts, query, viewer):
    tags = {word.lower() for word in facts.tags}
    low, high = (query.parameters.low or 0, query.parameters.high) if query.parameters else (None, None)
    count = facts.parameter_count
    return (
        repo.type is query.repo_type
        and (viewer.sees_all or not repo.private or repo.namespace_id in viewer.namespace_ids)
        and tags.issuperset(query.tags)
        and (query.author is None or repo.id.namespace.lower() == query.author.lower())
        and (query.gated is None or (repo.gated is not None) == query.gated)
        and {name.lower() for name in facts.models}.issuperset(query.models)
        and {name.lower() for name in facts.datasets}.issuperset(query.datasets)
        and (query.parameters is None or (count is not None and low <= count <= (10**18 if high is None else high)))
    )


def brute_force(items, query, viewer):
    found = [item for item in items if matches(*item, query, viewer)]
    column = COLUMNS[query.sort]
    found.sort(key=lambda item: (getattr(item[0], column), item[0].key), reverse=query.descending)
    words = [word.lower() for phrase in query.search for word in phrase.split()]
    if not words:
        return [repo.key for repo, _ in found]
    tokens = [token.replace("é", "e") for word in words for token in re.findall(r"[^\W_]+", word)]
    by_name = [repo.key for repo, _ in found if all(word in str(repo.id).lower() for word in words)]
    by_text = [
        repo.key
        for repo, facts in found
        if tokens and set(facts.search_text.replace("é", "e").split()).issuperset(tokens)
    ]
    return by_name + [key for key in by_text if key not in by_name]


def all_pages(connection, query, viewer):
    keys, cursor = [], None
    while True:
        page = list_repo_keys(connection, replace(query, cursor=cursor), viewer)
        assert len(page.keys) <= query.limit
        keys += page.keys
        if page.next_cursor is None:
            return keys
        cursor = Cursor.decode(page.next_cursor.encode())


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


@pytest.mark.parametrize("drive_limit", [0, 20, 16_000])
def test_pages_agree_with_brute_force(connection, drive_limit, monkeypatch):
    monkeypatch.setattr(listing_pages, "DRIVE_LIMIT", drive_limit)
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
