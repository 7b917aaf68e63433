"""Hundreds of repos in the index behind lists, and what a list of them must say, by brute force."""

import re

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import ListQuery, Memory, Range, Sort
from holdfast.hub.repos.metadata.documents import RepoFacts
from holdfast.hub.repos.metadata.facets import memory_level, memory_word, most_weight_bytes
from holdfast.hub.repos.metadata.safetensors_header import TensorCount
from holdfast.hub.repos.store import listing_index, repos

STEMS = ["bert", "roberta", "llama", "tiny", "base", "v2", "a_b", "x"]
FACETS = ["commercial:yes", "commercial:no", "size:1b-3b", "size:3b-9b", "precision:fp16", "precision:4-bit",
          "training:fine-tuned", "training:pretrained"]  # fmt: skip
GB = 2**30
TAGS = ["transformers", "PyTorch", "en", "license:mit", "license:apache-2.0", "gguf", "rare-1", "text-classification"]
WORDS = ["sentiment", "wikipedia", "bert", "résumé", "chat", "w1", "w2"]
SEARCHES = ["bert", "e r b", "r bert", "ber", "User1/", "be", "sentiment", "a_b", "%", "Résumé chat", "w1", 'x"y', "",
            "user2/bert"]  # fmt: skip
COLUMNS = {
    Sort.CREATED_AT: "created_at",
    Sort.LAST_MODIFIED: "updated_at",
    Sort.LIKES: "likes",
    Sort.DOWNLOADS: "downloads",
    Sort.TRENDING_SCORE: "trending_score",
}


def some_facts(rng):
    weights = rng.choice([None, rng.randint(0, 90 * GB), rng.randint(0, 9 * GB)])
    return RepoFacts(
        tags=(*rng.sample(TAGS, rng.randint(0, 5)), "region:us"),
        languages=("en",),
        models=tuple(rng.sample(["a/B", "c/d"], rng.randint(0, 2))),
        datasets=tuple(rng.sample(["x/y", "z/w"], rng.randint(0, 2))),
        search_text=" ".join(rng.sample(WORDS, 3)),
        facets=(*rng.sample(FACETS, rng.randint(0, 4)), *memory_facet(weights)),
        weight_bytes=weights,
        safetensors=rng.choice([None, TensorCount({}, rng.randint(0, 100))]),
    )


def memory_facet(weights):
    return [] if weights is None else [f"memory:{memory_word(memory_level(weights))}"]


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


def fill(connection, rng, count=300):
    """So many repos, some of them changed, hidden, shown and deleted later."""
    items = [add_repo(connection, rng, number) for number in range(count)]
    for number in range(0, count, 7):
        repo = items[number][0]
        repos.update_repo(connection, repo.key, private=not repo.private, gated=None)
        items[number] = index(connection, repo.key, some_facts(rng))
    for number in range(3, count, 50):
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
        facets=tuple(rng.sample(FACETS, rng.choice([0, 0, 0, 1, 2]))),
        fits=rng.choice([None, None, None, Memory(), Memory(16 * GB), Memory(3 * GB)]),
        here_bytes=20 * GB,
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
        and set(facts.facets).issuperset(query.facets)
        and (query.fits is None or fits(facts, query.fits.size_bytes or query.here_bytes))
        and (query.author is None or repo.id.namespace.lower() == query.author.lower())
        and (query.gated is None or (repo.gated is not None) == query.gated)
        and {name.lower() for name in facts.models}.issuperset(query.models)
        and {name.lower() for name in facts.datasets}.issuperset(query.datasets)
        and (query.parameters is None or (count is not None and low <= count <= (10**18 if high is None else high)))
    )


def fits(facts, memory):
    return facts.weight_bytes is not None and facts.weight_bytes <= most_weight_bytes(memory)


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
