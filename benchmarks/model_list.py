"""Lists of models with filters, orders and searches, when the Hub holds 100,000 repos: CPU of the server for each page.

The repos are written into the index in bulk: a few hundred cards go through the code that reads cards, and each repo
gets the facts of one of them, with a name and words of its own. They have no files. Then a real `holdfast serve`
answers, one request at a time.

    python -m benchmarks.model_list [--repos 100000] [--repeat 25]
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, insert, select, text

from benchmarks.harness import percentile, precise_cpu_seconds, row
from holdfast.accounts.store.tables import namespace
from holdfast.backends.database.sqlite import SqliteDatabase
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import repo_text_key
from holdfast.hub.repos.listing.key_sets import KeySet
from holdfast.hub.repos.metadata.documents import FACTS_VERSION, RepoFacts, derive_facts
from holdfast.hub.repos.metadata.facets import model_facets
from holdfast.hub.repos.metadata.files import RepoFile
from holdfast.hub.repos.metadata.info_fields import info_fields
from holdfast.hub.repos.metadata.tag_kinds import TagKind, tag_kind
from holdfast.hub.repos.store.listing_bits import FILTER_KIND, is_counted
from holdfast.hub.repos.store.listing_index import PUBLIC
from holdfast.hub.repos.store.listing_tables import repo_listing, repo_tag, tag, tag_bits
from holdfast.hub.repos.store.tables import repo, repo_facts
from tests.live_server import LiveServer, Org, User, live_server, seed

GOAL_MILLISECONDS = 20.0
PAGE_GOAL_MILLISECONDS = 100.0
ALICE = User("alice")
CARDS = 500
BATCH = 5_000
TASKS = ("text-generation", "text-classification", "fill-mask", "image-classification", "token-classification",
         "automatic-speech-recognition", "text-to-image", "sentence-similarity", "object-detection")  # fmt: skip
LIBRARIES = ("transformers", "peft", "diffusers", "sentence-transformers", "timm", "keras", "mlx")
LICENSES = ("apache-2.0", "mit", "other", "llama3", "cc-by-4.0", "openrail")
LANGUAGES = ("en", "zh", "fr", "de", "es", "ja", "ko", "ru", "ar", "sw")
FAMILIES = ("llama", "bert", "qwen", "mistral", "gpt2", "roberta", "t5", "whisper", "vit", "gemma", "falcon", "phi")
QUESTIONS = {
    "no filter": "",
    "by downloads": "sort=downloads",
    "task": "pipeline_tag=text-generation",
    "task, by likes": "pipeline_tag=fill-mask&sort=likes",
    "task, library and license": "pipeline_tag=text-classification&library=transformers&filter=license:mit",
    "language, by last change": "filter=fr&sort=lastModified",
    "rare tag": "filter=dataset:corpus-377",
    "two tags that hardly meet": "filter=dataset:corpus-3&filter=sw",
    "author with many": "author=org0",
    "author with few, by creation": "author=org97&sort=createdAt",
    "parameters": "num_parameters=min:6B,max:8B",
    "search: part of many names": "search=llama",
    "search: part of few names": "search=bert-70041",
    "search: word of few cards": "search=word17999",
    "search: word of many cards": "search=word3",
    "search: nothing like it": "search=xyzzyplugh",
    "search with task and order": "search=qwen&pipeline_tag=text-generation&sort=downloads",
    "not gated, full": "gated=false&full=true&sort=downloads",
    "card data": "pipeline_tag=text-to-image&cardData=true",
}
TASK = "pipeline_tag=fill-mask"
OTHER_PAGES = (("/", ""), ("/tasks", ""), ("/tasks/text-generation", ""), ("/search", "q=llama"))
PAGE_QUESTIONS = {
    "commercial use allowed, runs here": "commercial=yes&fits=here",
    "size and training": "size=3b-9b&training=pretrained&sort=downloads",
    "parameters from and to": "min_parameters=500M&max_parameters=9B",
    "search: two letters": "search=be",
}


def main() -> int:
    """Run and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repos", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=25)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        data_dir = Path(name) / "data"
        seed(data_dir, [ALICE], [Org(f"org{number}", ALICE.name) for number in range(3)])
        began = time.perf_counter()
        fill(data_dir, arguments.repos)
        row(f"writing {arguments.repos:,} repos into the index", time.perf_counter() - began, "s")
        with live_server(data_dir) as server:
            return ask_all(server, arguments.repeat)


def ask_all(server: LiveServer, repeat: int) -> int:
    """Ask every question, anonymously and as a member of namespaces; then open the pages that people see."""
    met = [ask(server, title, f"{words}&limit=20", repeat) for title, words in QUESTIONS.items()]
    token = {"Authorization": f"Bearer {ALICE.token}"}
    met.append(ask(server, "task, as a member of organizations", f"{TASK}&limit=20", repeat, token))
    ask(server, "page of 1,000 (no goal)", "limit=1000", max(3, repeat // 5), goal=None)
    return int(not all([*met, *open_pages(server, repeat)]))


def open_pages(server: LiveServer, repeat: int) -> list[bool]:
    """Lists with their filters and counts, and the other pages by which people find things."""
    html, goal = {"Accept": "text/html"}, PAGE_GOAL_MILLISECONDS
    asked = {**QUESTIONS, **PAGE_QUESTIONS}
    met = [ask(server, f"page, {title}", words, repeat, html, goal, "/models") for title, words in asked.items()]
    own = html | {"Authorization": f"Bearer {ALICE.token}"}
    met.append(ask(server, "page, task, as a member of organizations", TASK, repeat, own, goal, "/models"))
    return met + [ask(server, f"page {path}", words, repeat, html, goal, path) for path, words in OTHER_PAGES]


def ask(
    server: LiveServer,
    title: str,
    words: str,
    repeat: int,
    headers: dict[str, str] | None = None,
    goal: float | None = GOAL_MILLISECONDS,
    path: str = "/api/models",
) -> bool:
    """Ask one question again and again; the goal is for the median of CPU."""
    url = f"{server.url}{path}?{quote(words, safe='=&:,')}"
    cpu, wall = [], []
    for number in range(repeat + 2):
        before, began = precise_cpu_seconds(server.process.pid), time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=60) as answer:
            answer.read()
        if number >= 2:  # the first two warm caches
            wall.append((time.perf_counter() - began) * 1e3)
            cpu.append((precise_cpu_seconds(server.process.pid) - before) * 1e3)
    name = f"list, {title}" if path == "/api/models" else title
    note = f"{name} (CPU p95 {percentile(cpu, 0.95):.1f}, wall p50 {percentile(wall, 0.5):.1f})"
    return row(note, percentile(cpu, 0.5), "ms CPU, p50", at_most=goal)


def fill(data_dir: Path, repos: int) -> None:
    """Write repos, facts, tags and words."""
    source = random.Random(1)
    database = SqliteDatabase(data_dir / "holdfast.sqlite")
    cards = [make_card(source, number) for number in range(CARDS)]
    with database.write() as connection:
        owners = {found.name: found.id for found in connection.execute(select(namespace.c.name, namespace.c.id))}
        tags = _Tags()
        for start in range(0, repos, BATCH):
            numbers = range(start, min(start + BATCH, repos))
            write_batch(connection, source, numbers, cards, owners, tags)
        connection.execute(insert(tag), tags.rows())
        connection.execute(insert(tag_bits), tags.bits())
    database.close()


def write_batch(
    connection: Connection,
    source: random.Random,
    numbers: range,
    cards: list[RepoFacts],
    owners: dict[str, int],
    tags: _Tags,
) -> None:
    """Some repos."""
    rows, facts, links, names, texts = [], [], [], [], []
    for number in numbers:
        key, card = number + 1, cards[min(int(source.expovariate(6 / CARDS)), CARDS - 1)]
        public = number % 5 != 0
        found = repo_row(source, key, owners, public=public)
        rows.append(found)
        facts.append({"repo_key": key, "facts": card_json(card)})
        links += [
            {"tag_id": tags.count(name, kind, key, found["type"], public=public), "repo_key": key}
            for name, kind in tags_of(card, found)
        ]
        names.append({"key": key, "words": f"{found['namespace']}/{found['name']}"})
        words = [f"word{int(source.paretovariate(0.7)) % 20_000}" for _ in range(120)]
        texts.append({"key": key, "words": f"{card.search_text} {' '.join(words)}"})
    connection.execute(insert(repo), rows)
    connection.execute(insert(repo_facts), facts)
    connection.execute(insert(repo_tag), links)
    connection.execute(
        insert(repo_listing),
        [
            {"repo_key": each["key"], "counted_public": not each["private"], "facts_version": FACTS_VERSION}
            for each in rows
        ],
    )
    connection.execute(text("INSERT INTO repo_name_fts(rowid, name) VALUES (:key, :words)"), names)
    connection.execute(text("INSERT INTO repo_text_fts(rowid, body) VALUES (:key, :words)"), texts)


def repo_row(source: random.Random, key: int, owners: dict[str, int], *, public: bool) -> dict[str, Any]:
    """One row of `repo`; a tenth are data sets, a hundred namespaces own all, the first ones most."""
    kind = RepoType.DATASET if key % 10 == 0 else RepoType.MODEL
    owner = f"org{min(int(source.expovariate(0.08)), 99)}"
    name = f"{source.choice(FAMILIES)}-{key}-{source.choice(('base', 'instruct', 'chat', 'large'))}"
    changed = 1_700_000_000_000 + source.randrange(10**10)
    parameters = source.choice((None, 110_000_000, 7_000_000_000, 13_000_000_000))
    return {
        "key": key,
        "uid": f"{key:024x}",
        "type": kind.value,
        "namespace_id": owners.get(owner, 1000),
        "namespace": owner,
        "name": name,
        "text_key": repo_text_key(kind, RepoId(owner, name)),
        "private": not public,
        "disabled": False,
        "default_branch": "main",
        "created_at": changed - source.randrange(10**9),
        "updated_at": changed,
        "likes": int(source.paretovariate(0.8)) - 1,
        "downloads": int(source.paretovariate(0.6)) - 1,
        "downloads_all_time": 0,
        "trending_score": round(source.expovariate(1), 3),
        "parameters": parameters,
        "weight_bytes": parameters and 2 * parameters,
        "index_pending": False,
    }


def make_card(source: random.Random, number: int) -> RepoFacts:
    """The facts of a card as people write them."""

    def common(words: tuple[str, ...]) -> str:
        return words[min(int(source.expovariate(0.5)), len(words) - 1)]

    lines = [
        f"pipeline_tag: {common(TASKS)}",
        f"library_name: {common(LIBRARIES)}",
        f"license: {common(LICENSES)}",
        f"language: [{', '.join(sorted({common(LANGUAGES), common(LANGUAGES)}))}]",
        f"datasets: [corpus-{number}, corpus-{number % 7}]",
        f"tags: [style-{number % 40}, {common(FAMILIES)}]",
    ]
    content = "\n".join(["---", *lines, "---", "# A model", "It was made to fill an index."]).encode()
    files = [RepoFile("README.md", len(content)), RepoFile("model.safetensors", 1000)]
    return derive_facts(RepoType.MODEL, files, lambda path, start, size: _read(path, content)[start : start + size])


def _read(path: str, content: bytes) -> bytes:
    return content if path == "README.md" else b""


_json: dict[int, str] = {}


def card_json(card: RepoFacts) -> str:
    """As the store keeps it."""
    return _json.setdefault(id(card), json.dumps(info_fields(RepoType.MODEL, card)))


def tags_of(card: RepoFacts, found: dict[str, Any]) -> list[tuple[str, TagKind]]:
    """As `listing_index` writes them."""
    named = {name.lower(): tag_kind(RepoType.MODEL, name, card.languages) for name in card.tags}
    size, memory = found["parameters"], found["weight_bytes"]
    words = model_facets(card.tags, card.licenses, card.base_models, card.pipeline_tag, size, memory, ("bf16",))
    hidden = ["=gated:no", *(f"={word}" for word in words), *([] if found["private"] else [PUBLIC])]
    return [*named.items(), *((name, TagKind(FILTER_KIND, name)) for name in hidden)]


class _Tags:
    """Numbers and counts of tags, by type of repo and name."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], TagKind] = {}
        self._keys: dict[tuple[str, str], list[int]] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._public: collections.Counter[tuple[str, str]] = collections.Counter()

    def count(self, name: str, kind: TagKind, key: int, repo_type: str, *, public: bool) -> int:
        """One more repo has it; returns the tag's number."""
        place = (repo_type, name)
        self._kinds.setdefault(place, kind)
        self._keys.setdefault(place, []).append(key)
        self._public[place] += public
        return self._ids.setdefault(place, len(self._ids) + 1)

    def rows(self) -> list[dict[str, Any]]:
        """Rows of `tag`."""
        return [
            {
                "id": key,
                "repo_type": place[0],
                "name": place[1],
                "label": self._kinds[place].label,
                "kind": self._kinds[place].kind,
                "uses": len(self._keys[place]),
                "public_uses": self._public[place],
            }
            for place, key in self._ids.items()
        ]

    def bits(self) -> list[dict[str, Any]]:
        """Rows of `tag_bits`."""
        return [
            {"tag_id": key, "block": block, "bits": bits}
            for place, key in self._ids.items()
            if is_counted(self._kinds[place].kind, place[1], len(self._keys[place]))
            for block, bits in KeySet.of(self._keys[place]).to_bytes()
        ]


if __name__ == "__main__":
    sys.exit(main())
