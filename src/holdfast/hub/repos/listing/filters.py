"""The query of a list route, read into one frozen value.

It knows parameter names of all client generations and checks every value; it knows no SQL.
Source: huggingface_hub 2.4.0 hf_api.py list_models, list_datasets, list_spaces; 0.36.2's for the old names.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import orjson

from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.facets import read_facets
from holdfast.hub.repos.metadata.expand import check_expand
from holdfast.hub.repos.metadata.facets import GIB

DEFAULT_LIMIT = 1_000
MAX_LIMIT = 1_000
"""More than a page is fetched page by page; `limit` beyond this is cut to it."""
MAX_FILTERS = 50
MAX_WORD_CHARACTERS = 300
MAX_SEARCH_WORDS = 30
_HIGHEST = 2**62  # what any database's integers hold

Parameters = Sequence[tuple[str, str]]
"""The decoded query string, in order."""


class Sort(Enum):
    """What a list is ordered by. The value is the API's word."""

    CREATED_AT = "createdAt"
    LAST_MODIFIED = "lastModified"
    DOWNLOADS = "downloads"
    LIKES = "likes"
    TRENDING_SCORE = "trendingScore"


_SORT_WORDS = {
    **{sort.value.lower(): sort for sort in Sort},
    "created_at": Sort.CREATED_AT,
    "last_modified": Sort.LAST_MODIFIED,
    "modified": Sort.LAST_MODIFIED,
    "updated": Sort.LAST_MODIFIED,
    "created": Sort.CREATED_AT,
    "trending": Sort.TRENDING_SCORE,
    "trending_score": Sort.TRENDING_SCORE,
}


@dataclass(frozen=True)
class Cursor:
    """Where the next page starts: behind the repo `key`, whose sort column held `value`.

    `stage` counts the lists that a search joins: names first, then the words of cards.
    """

    value: float
    key: int
    stage: int = 0

    def encode(self) -> str:
        """The opaque word for urls."""
        word = orjson.dumps([self.value, self.key, self.stage])
        return base64.urlsafe_b64encode(word).decode().rstrip("=")

    @classmethod
    def decode(cls, word: str) -> Cursor:
        """Read a word made by `encode`.

        Raises:
            InvalidInput: any other word.
        """
        try:
            value, key, stage = orjson.loads(base64.urlsafe_b64decode(word[:200] + "=" * (-len(word) % 4)))
        except (binascii.Error, orjson.JSONDecodeError, ValueError, TypeError):
            raise InvalidInput(field="cursor", problem="is not one that this server gave out") from None
        is_number = type(key) is int and type(value) in (int, float) and max(abs(key), abs(value)) < _HIGHEST
        if not is_number or stage not in (0, 1):
            raise InvalidInput(field="cursor", problem="is not one that this server gave out")
        return cls(value, key, int(stage))


@dataclass(frozen=True)
class Range:
    """Numbers between both ends, ends included; None leaves an end open."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Memory:
    """An amount of memory; `size_bytes` None: this machine's."""

    size_bytes: int | None = None


@dataclass(frozen=True)
class ListQuery:
    """What to list.

    Args:
        tags: tags that a repo must all have, lower case.
        search: words that a repo's name, or else its card, must all hold.
        author: namespace, as the caller spelled it.
        gated: True only gated repos, False only others.
        facets: words of `metadata.facets` that must all be true of a repo, such as `commercial:yes`.
        parameters: bounds on the number of a model's parameters.
        fits: what a model's weights must run in. None: anything.
        here_bytes: this machine's memory, which the service fills in.
        datasets: what a Space must use, all of them, lower case; `models` likewise.
        linked: show a Space's models and datasets.
        matches_nothing: a filter asks for what no repo here can have, such as an inference provider.
        expand: exactly these fields, besides the id; empty means the default ones.
    """

    repo_type: RepoType
    tags: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    author: str | None = None
    gated: bool | None = None
    facets: tuple[str, ...] = ()
    parameters: Range | None = None
    fits: Memory | None = None
    here_bytes: int = 0
    datasets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    linked: bool = False
    matches_nothing: bool = False
    sort: Sort = Sort.TRENDING_SCORE
    descending: bool = True
    limit: int = DEFAULT_LIMIT
    cursor: Cursor | None = None
    full: bool = False
    card_data: bool = False
    config: bool = False
    expand: tuple[str, ...] = ()


def parse_list_query(repo_type: RepoType, parameters: Parameters) -> ListQuery:
    """Read the query string of `GET /api/{models,datasets,spaces}`.

    Unknown parameters are ignored, as the Hub does.

    Raises:
        InvalidInput: a value that cannot be meant; names the parameter.
    """
    reader = _Reader(parameters)
    is_model, is_space = repo_type is RepoType.MODEL, repo_type is RepoType.SPACE
    return ListQuery(
        repo_type=repo_type,
        tags=_tags(reader, is_model=is_model),
        search=check_search(word for word in reader.words("search", "q") if word),
        author=reader.word("author"),
        gated=reader.boolean("gated"),
        facets=read_facets(repo_type, reader.words),
        parameters=_parameter_range(_bounds(reader)) if is_model else None,
        fits=_memory(reader.word("fits")) if is_model else None,
        datasets=tuple(map(str.lower, reader.words("datasets"))) if is_space else (),
        models=tuple(map(str.lower, reader.words("models"))) if is_space else (),
        linked=reader.boolean("linked") is True,
        matches_nothing=is_model and _asks_for_inference(reader),
        sort=_sort(reader.word("sort"), repo_type),
        descending=reader.word("direction") not in ("1", "asc"),
        limit=_limit(reader.word("limit")),
        cursor=Cursor.decode(word) if (word := reader.word("cursor")) else None,
        full=reader.boolean("full") is True,
        card_data=reader.boolean("cardData") is True,
        config=reader.boolean("config", "fetch_config") is True,
        expand=check_expand(repo_type, reader.words("expand")),
    )


def check_search(phrases: Iterable[str]) -> tuple[str, ...]:
    """The phrases to search for, each of one or more words.

    Raises:
        InvalidInput: more words than anybody types: each is looked for on its own.
    """
    found = tuple(phrases)
    if sum(len(phrase.split()) for phrase in found) > MAX_SEARCH_WORDS:
        raise InvalidInput(field="search", problem=f"holds more than {MAX_SEARCH_WORDS} words")
    return found


class _Reader:
    """Values by name; `name[]` and `name` are the same parameter."""

    def __init__(self, parameters: Parameters) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in parameters:
            if len(value) > MAX_WORD_CHARACTERS:
                raise InvalidInput(field=name[:50], problem=f"is longer than {MAX_WORD_CHARACTERS} characters")
            self._values.setdefault(name.removesuffix("[]"), []).append(value.replace("\0", " "))

    def words(self, *names: str) -> list[str]:
        found = [value.strip() for name in names for value in self._values.get(name, ())]
        if len(found) > MAX_FILTERS:
            raise InvalidInput(field=names[0], problem=f"is given more than {MAX_FILTERS} times")
        return found

    def word(self, *names: str) -> str | None:
        return next((word for word in self.words(*names) if word), None)

    def boolean(self, *names: str) -> bool | None:
        word = self.word(*names)
        if word is None:
            return None
        if word.lower() in ("true", "1", "yes"):
            return True
        if word.lower() in ("false", "0", "no"):
            return False
        raise InvalidInput(field=names[0], problem=f"must be true or false; got {word[:50]!r}")


def _tags(reader: _Reader, *, is_model: bool) -> tuple[str, ...]:
    """All parameters that are a tag by another name, joined with `filter`; old clients comma-separate it."""
    tags = [part for word in reader.words("filter", "tags", "other") for part in word.split(",")]
    if is_model:
        # A model's languages are bare tags (`en`), a data set's are not; both are asked for as `language:en`.
        tags = [tag.strip().removeprefix("language:") for tag in tags]
        tags += reader.words("pipeline_tag", "library")
        tags += [_with_prefix("dataset", word) for word in reader.words("trained_dataset", "dataset")]
        tags += [_APP_TAGS.get(word.lower(), "gguf") for word in reader.words("apps")]
    else:
        tags += [_with_prefix(field, word) for field in _DATASET_FIELDS for word in reader.words(field)]
        tags += reader.words("sdk")
    for field in ("license", "benchmark"):
        tags += [_with_prefix(field, word) for word in reader.words(field)]
    languages = reader.words("language")
    tags += languages if is_model else [_with_prefix("language", word) for word in languages]
    return tuple(dict.fromkeys(tag.strip().lower() for tag in tags if tag.strip()))


_DATASET_FIELDS = ("task_categories", "size_categories", "modality", "format", "library")
_APP_TAGS = {
    **dict.fromkeys(("vllm", "sglang", "tgi", "text-generation-inference"), "transformers"),
    **dict.fromkeys(("mlx-lm", "mlx"), "mlx"),
    **dict.fromkeys(("diffusionbee", "draw-things", "drawthings", "joyfusion", "invoke"), "diffusers"),
}
"""What an app of the `apps` parameter runs; all others that the Hub lists run GGUF files."""


def _with_prefix(kind: str, word: str) -> str:
    return word if word.startswith(f"{kind}:") else f"{kind}:{word}"


def _asks_for_inference(reader: _Reader) -> bool:
    """Hosted inference providers and warm models are the public Hub's; no repo here has any."""
    return bool(reader.word("inference") or reader.word("inference_provider"))


def _sort(word: str | None, repo_type: RepoType) -> Sort:
    if word is None:
        return Sort.TRENDING_SCORE
    sort = _SORT_WORDS.get(word.lower())
    if sort is None or (repo_type is RepoType.SPACE and sort is Sort.DOWNLOADS):
        options = _quoted(sort.value for sort in Sort if repo_type is not RepoType.SPACE or sort is not Sort.DOWNLOADS)
        raise InvalidInput(field="sort", problem=f"is the invalid option {word[:50]!a}: expected one of {options}")
    return sort


def _quoted(words: Iterable[str]) -> str:
    return "|".join(f'"{word}"' for word in words)


def _limit(word: str | None) -> int:
    if word is None:
        return DEFAULT_LIMIT
    if not (word.isascii() and word.isdecimal() and len(word) <= 18) or int(word) == 0:
        raise InvalidInput(field="limit", problem="must be a whole number of at least 1")
    return min(int(word), MAX_LIMIT)


_MEMORY = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s?GB", re.IGNORECASE)


def _memory(word: str | None) -> Memory | None:
    """Read `here` or an amount such as `16GB`, by which people mean GiB."""
    if word is None or word.lower() == "here":
        return None if word is None else Memory()
    match = _MEMORY.fullmatch(word)
    if match is None:
        raise InvalidInput(field="fits", problem=f"must be 'here' or an amount such as '16GB'; got {word[:50]!r}")
    return Memory(int(float(match[1]) * GIB))


_BOUND = re.compile(r"(min|max):(\d{1,9}(?:\.\d{1,9})?)([KMBT]?)", re.IGNORECASE)
_FACTORS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def _bounds(reader: _Reader) -> str | None:
    """The API's one parameter, or the two of a form."""
    low, high = reader.word("min_parameters"), reader.word("max_parameters")
    parts = [*([f"min:{low}"] if low else []), *([f"max:{high}"] if high else [])]
    return reader.word("num_parameters") or ",".join(parts) or None


def _parameter_range(text: str | None) -> Range | None:
    """Read `min:6B,max:128B`; either part may be missing."""
    if text is None:
        return None
    bounds: dict[str, int] = {}
    for part in text.split(","):
        match = _BOUND.fullmatch(part.strip())
        if match is None or match[1].lower() in bounds:
            raise InvalidInput(field="num_parameters", problem=f"must look like 'min:6B,max:128B'; got {text[:50]!r}")
        bounds[match[1].lower()] = min(math.ceil(float(match[2]) * _FACTORS[match[3].upper()]), _HIGHEST)
    return Range(bounds.get("min"), bounds.get("max"))
