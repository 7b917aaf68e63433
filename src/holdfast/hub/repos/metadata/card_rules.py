"""What the Hub asks of a card's fields, as `POST /api/validate-yaml` answers it.

Errors refuse the card, warnings only tell. It judges words and shapes; whether a named repo exists is not asked.
Source: the Hub's documented metadata (model-cards, datasets-cards, spaces-config-reference) and the sentences that
huggingface_hub 2.4.0 tests/test_repocard.py and tests/test_hf_api.py match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from holdfast.base.errors import InvalidCard
from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.card import read_card
from holdfast.hub.repos.metadata.vocabulary import (
    KNOWN_TASK_IDS,
    LICENSES,
    PIPELINE_TAGS,
    SPACE_COLORS,
    SPACE_SDKS,
    SPECIAL_LANGUAGES,
    TASKS_OF_OURS,
)
from holdfast.hub.repos.metadata.yaml_values import JsonValue

MAX_MESSAGES = 50
"""Further errors or warnings about one card are not reported: the first ones must be read anyway."""

EMPTY_CARD_WARNING = "empty or missing yaml metadata in repo card"

_REPO_ID = re.compile(r"([A-Za-z0-9_][A-Za-z0-9._-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_REGIONAL_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})+")

Problems = Iterable[str]
Data = dict[str, JsonValue]


@dataclass(frozen=True)
class CardReport:
    """Sentences about a card; with any in `errors` it is refused."""

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_text(self) -> str:
        """The plain-text answer that `RepoCard.validate` shows its user: one line per sentence."""
        lines = [f"- Error: {error}" for error in self.errors]
        return "\n".join(lines + [f"- Warning: {warning}" for warning in self.warnings])


def validate_card(content: str, repo_type: RepoType) -> CardReport:
    """Check the front matter of a README.md as the Hub does for that type of repo. Never raises."""
    try:
        data = read_card(content).data
    except InvalidCard as error:
        return CardReport(errors=error.errors)
    if not data:
        return CardReport(warnings=(EMPTY_CARD_WARNING,))
    error_rules, warning_rules = _RULES[repo_type]
    return CardReport(errors=_gather(error_rules, data), warnings=_gather(warning_rules, data))


def _gather(rules: Sequence[Callable[[Data], Problems]], data: Data) -> tuple[str, ...]:
    problems = [problem for rule in rules for problem in rule(data)]
    return tuple(problems[:MAX_MESSAGES])


def _one_of(words: Iterable[str]) -> str:
    return f"[{', '.join(words)}]"


def _strings(data: Data, field: str) -> list[tuple[str, str]]:
    """The field's strings with their places (`tags[2]`), whether it holds one or an array."""
    value = data.get(field)
    if isinstance(value, str):
        return [(field, value)]
    if not isinstance(value, list):
        return []
    return [(f"{field}[{number}]", item) for number, item in enumerate(value) if isinstance(item, str)]


def _string_arrays(*fields: str, or_string: bool = True) -> Callable[[Data], Problems]:
    def rule(data: Data) -> Problems:
        for field in fields:
            yield from _shape_problems(field, data.get(field), or_string=or_string)

    return rule


def _shape_problems(field: str, value: JsonValue, *, or_string: bool) -> Problems:
    if value is None or (or_string and isinstance(value, str)):
        return
    if not isinstance(value, list):
        yield f'"{field}" must be {"a string or an array" if or_string else "an array"}'
        return
    for number, item in enumerate(value):
        if not isinstance(item, str):
            yield f'"{field}[{number}]" must be a string'


def _plain_strings(*fields: str) -> Callable[[Data], Problems]:
    def rule(data: Data) -> Problems:
        for field in fields:
            if data.get(field) is not None and not isinstance(data[field], str):
                yield f'"{field}" must be a string'

    return rule


def _license(data: Data) -> Problems:
    for place, name in _strings(data, "license"):
        if name.lower() not in LICENSES:
            yield f'"{place}" must be one of {_one_of(LICENSES)}'


def _language(data: Data) -> Problems:
    for place, code in _strings(data, "language"):
        if _LANGUAGE.fullmatch(code) or code in SPECIAL_LANGUAGES or _REGIONAL_LANGUAGE.fullmatch(code):
            continue
        yield (
            f'"{place}" with value "{code[:100]}" is not valid. It must be an ISO 639-1, 639-2 or 639-3 code '
            f'(two/three letters), or a special value like "code", "multilingual". '
            f"If you want to use BCP-47 identifiers, you can specify them in language_bcp47."
        )


def _regional_language(data: Data) -> Problems:
    for place, code in _strings(data, "language"):
        if _REGIONAL_LANGUAGE.fullmatch(code):
            yield f'"{place}" with value "{code}" should be an ISO 639 code; use language_bcp47 for BCP-47 identifiers.'


def _repo_ids(field: str, kind: str) -> Callable[[Data], Problems]:
    def rule(data: Data) -> Problems:
        for place, name in _strings(data, field):
            if not _REPO_ID.fullmatch(name):
                yield f'"{place}" with value "{name[:200]}" is not valid. Use a {kind} id from the Hub.'

    return rule


def _known(field: str, words: Iterable[str], listed: Iterable[str]) -> Callable[[Data], Problems]:
    allowed = frozenset(words)

    def rule(data: Data) -> Problems:
        for _, word in _strings(data, field):
            if word not in allowed:
                yield f'The {field} "{word[:100]}" is not in the official list: {", ".join(listed)}'

    return rule


def _choice(field: str, words: Sequence[str]) -> Callable[[Data], Problems]:
    def rule(data: Data) -> Problems:
        if data.get(field) is not None and data[field] not in words:
            yield f'"{field}" must be one of {_one_of(words)}'

    return rule


def _required(value: Data, place: str, *fields: str) -> Problems:
    for field in fields:
        if value.get(field) is None:
            yield f'"{place}.{field}" is required'


def _mappings(value: JsonValue, place: str) -> tuple[list[tuple[str, Data]], list[str]]:
    """The mappings of an array with their places, and what is wrong with the rest."""
    if not isinstance(value, list):
        return [], [f'"{place}" must be an array']
    good = [(f"{place}[{number}]", item) for number, item in enumerate(value) if isinstance(item, dict)]
    wrong = [f'"{place}[{n}]" must be an object' for n, item in enumerate(value) if not isinstance(item, dict)]
    return good, wrong


def _model_index(data: Data) -> Problems:
    if "model-index" not in data:
        return
    models, wrong = _mappings(data["model-index"], "model-index")
    yield from wrong
    for place, model in models:
        yield from _required(model, place, "name", "results")
        results, wrong = _mappings(model.get("results") or [], f"{place}.results")
        yield from wrong
        for result_place, result in results:
            yield from _eval_result(result_place, result)


def _eval_result(place: str, result: Data) -> Problems:
    yield from _required(result, place, "task", "dataset", "metrics")
    for part, fields in (("task", ("type",)), ("dataset", ("type", "name"))):
        value = result.get(part)
        if isinstance(value, dict):
            yield from _required(value, f"{place}.{part}", *fields)
        elif value is not None:
            yield f'"{place}.{part}" must be an object'
    metrics, wrong = _mappings(result.get("metrics") or [], f"{place}.metrics")
    yield from wrong
    for metric_place, metric in metrics:
        yield from _required(metric, metric_place, "type", "value")


def _configs(data: Data) -> Problems:
    if data.get("configs") is None:
        return
    configs, wrong = _mappings(data["configs"], "configs")
    yield from wrong
    for place, config in configs:
        yield from _required(config, place, "config_name")


def _short_description(data: Data) -> Problems:
    text = data.get("short_description")
    if isinstance(text, str) and len(text) > 60:
        yield '"short_description" length must be less than or equal to 60 characters long'


_SHARED_ERRORS = (
    _string_arrays("tags", or_string=False),
    _string_arrays("license", "datasets"),
    _license,
    _repo_ids("datasets", "dataset"),
)
_LANGUAGE_ERRORS = (_string_arrays("language", "language_bcp47"), _language)
_RULES: dict[RepoType, tuple[Sequence[Callable[[Data], Problems]], Sequence[Callable[[Data], Problems]]]] = {
    RepoType.MODEL: (
        (
            *_SHARED_ERRORS,
            *_LANGUAGE_ERRORS,
            _plain_strings("library_name", "pipeline_tag", "license_name", "base_model_relation"),
            _string_arrays("base_model"),
            _repo_ids("base_model", "model"),
            _model_index,
        ),
        (_known("pipeline_tag", (*PIPELINE_TAGS, *TASKS_OF_OURS), PIPELINE_TAGS), _regional_language),
    ),
    RepoType.DATASET: (
        (
            *_SHARED_ERRORS,
            *_LANGUAGE_ERRORS,
            _plain_strings("pretty_name", "license_name"),
            _string_arrays("task_categories", "task_ids", "size_categories"),
            _configs,
        ),
        (
            _known("task_categories", PIPELINE_TAGS, PIPELINE_TAGS),
            _known("task_ids", KNOWN_TASK_IDS, sorted(KNOWN_TASK_IDS)),
            _regional_language,
        ),
    ),
    RepoType.SPACE: (
        (
            *_SHARED_ERRORS,
            _string_arrays("models"),
            _repo_ids("models", "model"),
            _choice("sdk", SPACE_SDKS),
            _choice("colorFrom", SPACE_COLORS),
            _choice("colorTo", SPACE_COLORS),
            _short_description,
        ),
        (),
    ),
}
