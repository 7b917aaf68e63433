"""Writes the reference pages that the code itself determines: `./dev docs`, or `./dev docs --check` to compare only."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the conformance lists live beside the tests, which are not installed

from holdfast.app.pages import open_site  # noqa: E402
from holdfast.app.routes import all_routes  # noqa: E402
from holdfast.app.services import open_services  # noqa: E402
from holdfast.base import errors  # noqa: E402
from holdfast.base.settings import Settings  # noqa: E402
from holdfast.http.routing import Route  # noqa: E402
from holdfast.inference import tasks  # noqa: E402
from holdfast.inference.domain.specification import TaskSpec  # noqa: E402
from tests.conformance.listing import Leg, Plan, read_lists, read_plan  # noqa: E402

NOTICE = "<!-- Written by `./dev docs`. Change the code it comes from, not this page. -->\n"


def error_page() -> str:
    """Every error code a client can meet."""
    rows = [(f"`{cls.code}`", _status(cls), _first_sentence(cls)) for cls in error_classes()]
    return _page(
        "Errors",
        'The Hub API answers errors as JSON `{"error": …}` with the headers `X-Error-Code`, `X-Error-Message` and '
        "`X-Request-Id`; other families (git, git-lfs, pages) have the shape their clients expect.",
        _table(("`X-Error-Code`", "status", "meaning"), sorted(set(rows))),
    )


def error_classes() -> list[type[errors.HoldfastError]]:
    """The error tree, root left out."""

    def below(cls: type[errors.HoldfastError]) -> Iterator[type[errors.HoldfastError]]:
        for child in cls.__subclasses__():
            yield child
            yield from below(child)

    return list(below(errors.HoldfastError))


def _status(cls: type[errors.HoldfastError]) -> str:
    default = next(field.default for field in dataclasses.fields(cls) if field.name == "status")
    return str(default)


def _first_sentence(thing: object) -> str:
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.;])\s", text)[0].rstrip(";")


def settings_page() -> str:
    """Every environment variable the server reads."""
    meanings = dict(re.findall(r"^    (\w+): (.*(?:\n        .*)*)", inspect.getdoc(Settings) or "", flags=re.M))
    rows = [
        (f"`HOLDFAST_{field.name.upper()}`", _default(field), " ".join(meanings.get(field.name, "").split()))
        for field in dataclasses.fields(Settings)
    ]
    return _page(
        "Settings",
        "Everything is set by environment variables; sizes are in bytes, times in seconds.",
        _table(("variable", "default", "meaning"), rows),
    )


def _default(field: dataclasses.Field[object]) -> str:
    if field.name == "data_dir":
        return "`holdfast-data`"
    return "" if field.default in (None, "", dataclasses.MISSING) else f"`{field.default}`"


def api_page() -> str:
    """Every address that the server answers, with the permission that it asks for."""
    routes = list_routes()
    refused = [route for route in routes if route.endpoint.__name__ == "refuse"]
    served = [route for route in routes if route not in refused]
    rows = [
        (f"`{route.method}`", f"`{route.pattern}`", route.permission.value, _first_sentence(route.endpoint))
        for route in served
    ]
    unserved = sorted({f"`{route.pattern}`" for route in refused})
    return _page(
        "HTTP API",
        "`{types}` is `models`, `datasets` or `spaces`; `{prefix}` is empty, `datasets/` or `spaces/`; `{repo}` is "
        "`namespace/name`, or one word such as `gpt2`. HEAD works wherever GET does. Lists give the next page in a "
        "`Link` header. Errors: see [errors](errors.md).",
        _table(("method", "address", "permission", "what it does"), rows),
        "## Not served yet",
        "These answer 501 with `X-Error-Code: NotImplemented`: " + ", ".join(unserved) + ".",
    )


def list_routes() -> list[Route]:
    """The routes of a server over an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        services = open_services(Settings(data_dir=Path(folder)))
        routes = list(all_routes(services, open_site(services)))
        services.close()
    return routes


def conformance_page() -> str:
    """Which of the clients' own tests are run, and why the others are not."""
    plan = read_plan()
    parts = [
        "`./dev conformance` downloads each client's source distribution, puts a conftest of ours beside its tests, "
        "starts a fresh server with the accounts they expect, and runs the tests listed in `tests/conformance/`. "
        "A skip or an expected failure counts as failure.",
        *(_leg_section(plan, leg) for leg in plan.legs.values()),
        "## Listed, but left out",
        *_exclusions(plan),
        "## Not listed, for they cannot pass",
        _table(("suite", "tests", "reason"), [(one.suite, one.match, one.reason) for one in plan.unfair]),
    ]
    return _page("Conformance", *parts)


def _leg_section(plan: Plan, leg: Leg) -> str:
    tests = [test for test in read_lists() if test.suite == leg.suite]
    groups = dict.fromkeys(test.group for test in tests)
    rows = []
    for group in groups:
        members = [test for test in tests if test.group == group]
        run = sum(plan.exclusion(leg, test.node_id) is None for test in members)
        rows.append((f"`{group}`", str(len(members)), str(run)))
    return f"## Leg {leg.name}: {leg.title}\n\n" + _table(("group", "listed", "run"), rows)


def _exclusions(plan: Plan) -> list[str]:
    """Each reason with the tests of each suite that it takes out, by name."""
    taken: dict[tuple[str, str], dict[str, None]] = {}
    for leg in plan.legs.values():
        for test in read_lists():
            if test.suite == leg.suite and (reason := plan.exclusion(leg, test.node_id)):
                where = f"leg {leg.name}" if leg.without else leg.suite
                taken.setdefault((reason, where), {})[test.node_id] = None
    taken = _without_repeats(taken)
    return [f"{reason} ({where}, {len(ids)} tests)\n\n" + _list(ids) for (reason, where), ids in taken.items()]


def _without_repeats(taken: dict[tuple[str, str], dict[str, None]]) -> dict[tuple[str, str], dict[str, None]]:
    """Drop what a leg leaves out for the same reason as the other leg of its suite."""
    seen: set[tuple[str, str]] = set()
    fresh: dict[tuple[str, str], dict[str, None]] = {}
    for (reason, where), ids in taken.items():
        new = {test: None for test in ids if (reason, test) not in seen}
        seen |= {(reason, test) for test in new}
        if new:
            fresh[reason, where] = new
    return fresh


def _list(ids: Iterable[str]) -> str:
    return "\n".join(f"* `{test}`" for test in ids)


def _page(title: str, *parts: str) -> str:
    return f"{NOTICE}\n# {title}\n\n" + "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def tasks_page() -> str:
    """Every inference task: what it takes, and what it gives."""
    aliases = ", ".join(f"`{alias}` is `{task}`" for alias, task in tasks.ALIASES.items())
    return _page(
        "Inference tasks",
        "The same in Python (`holdfast.pipeline`), over HTTP (`POST /models/{repo}`) and in the shell "
        "(`holdfast predict`). Media are bytes, in JSON as base64. A parameter that is not listed is refused.",
        f"Other names: {aliases}.",
        _asked_by(),
        *(_task_section(tasks.spec(name)) for name in tasks.names()),
    )


_OPENAI = {
    "text-generation": "completions",
    "chat-completion": "chat, responses",
    "image-text-to-text": "chat, responses",
    "feature-extraction": "embeddings",
    "automatic-speech-recognition": "audio.transcriptions",
    "text-to-speech": "audio.speech",
}
_SERVERS = {
    "text-generation": "`/generate`, `/generate_stream`",
    "text-classification": "`/predict`",
    "text-ranking": "`/rerank`",
    "feature-extraction": "`/embed`",
    "sentence-similarity": "`/rerank`",
}


def _asked_by() -> str:
    """Which client asks which task, and which architectures are shown at work: read from the tests themselves."""
    by_method = _keys("tests/compat/scripts/every_task_journey.py", "CALLS")
    rows = [
        (
            f"[`{name}`](#{name})",
            "its method" if name in by_method else "POST",
            _OPENAI.get(name, ""),
            _SERVERS.get(name, ""),
        )
        for name in tasks.names()
    ]
    dicts = ("ENCODERS", "DECODERS", "ENCODER_DECODERS", "ARCHITECTURES")
    shown = ", ".join(sorted(key for name in dicts for key in _keys("tests/factories/architectures.py", name)))
    return (
        "## Who can ask what\n\nEach line is a test with the unmodified client, sync and async, against a live server "
        "with a tiny model (`tests/compat/test_every_task.py`); specifications, batches and the wire are tested for "
        "every task in `tests/unit/inference/tasks/test_every_task.py`.\n\n"
        + _table(("task", "InferenceClient", "openai", "as TEI and TGI"), rows)
        + "\n\nArchitectures that are pushed, loaded by their Auto class and asked over HTTP "
        f"(`tests/compat/test_architectures.py`): {shown}; a Keras BERT (`test_keras.py`)."
    )


def _keys(path: str, variable: str) -> list[str]:
    """The text keys of a dict that a Python file assigns to a name; the file is read, not run."""
    for node in ast.parse((ROOT / path).read_text()).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(one, ast.Name) and one.id == variable for one in targets):
            assert isinstance(node.value, ast.Dict), (path, variable)
            return [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
    raise LookupError(f"{path} has no {variable}")


def _task_section(spec: TaskSpec) -> str:
    schema = spec.schema()
    asked = schema["input"]["properties"]
    required = asked["parameters"].get("required", ())
    parameters = [
        (f"`{name}`", _in_words(kind), kind.get("description", "") + (" **Required.**" if name in required else ""))
        for name, kind in asked["parameters"]["properties"].items()
    ]
    head = f"## {spec.name}\n\n{spec.summary}\n\n"
    shape = f"Takes {_in_words(asked['inputs'])}. Gives {_in_words(schema['output'])}."
    return head + shape + ("\n\n" + _table(("parameter", "kind", "meaning"), parameters) if parameters else "")


def _in_words(schema: Mapping[str, Any]) -> str:
    """A JSON Schema as people say it."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_in_words(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "contentMediaType" in schema:
        return {"image/*": "a picture", "audio/*": "a sound"}[schema["contentMediaType"]]
    kind = schema.get("type", "any JSON")
    if kind == "array":
        return f"a list of ({_in_words(schema['items'])})"
    if kind == "object" and "properties" in schema:
        fields = schema["properties"].items()
        return "{" + ", ".join(f"`{name}`: {_in_words(one)}" for name, one in fields) + "}"
    if kind == "object":
        return f"an object of ({_in_words(schema['additionalProperties'])})"
    return "a value of a cell" if isinstance(kind, list) else _KINDS.get(kind, kind)


_KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}

PAGES = {
    "reference/api.md": api_page,
    "reference/tasks.md": tasks_page,
    "reference/errors.md": error_page,
    "reference/settings.md": settings_page,
    "reference/conformance.md": conformance_page,
}


def stale_pages() -> list[str]:
    """Pages whose file differs from what the code says now."""
    docs = ROOT / "docs"
    return [name for name, write in PAGES.items() if not (docs / name).exists() or (docs / name).read_text() != write()]


def main() -> None:
    """Write the stale pages, or with `--check` only name them and fail."""
    stale = stale_pages()
    if "--check" in sys.argv:
        sys.exit(f"run ./dev docs, these pages are stale: {', '.join(stale)}" if stale else 0)
    for name in stale:
        path = ROOT / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGES[name]())
        print(f"wrote docs/{name}")


if __name__ == "__main__":
    main()
