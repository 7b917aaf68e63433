"""What a model answered, as values that a page shows: bars, marked texts, tables, pictures. Pure.

The answer is what came over HTTP. Servers elsewhere can say anything: what the task does not promise is shown as JSON.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.inference.domain.specification import Shape
from holdfast.ui.inference_scenes import COLOURS, Scene, colour_of, scene_with_boxes, scene_with_shapes
from holdfast.ui.point_plots import PointPlot, plot_of

MAX_ROWS = 50
MAX_JSON_CHARACTERS = 20_000
MAX_NUMBERS = 8


@dataclass(frozen=True)
class Bar:
    """A label with its score. `share` is from 0 to 1, for the bar; `shown` the score in words."""

    label: str
    share: float
    shown: str


@dataclass(frozen=True)
class Piece:
    """A part of a text. `label` None: an ordinary one; `colour` tells kinds apart, below `COLOURS`."""

    text: str
    label: str | None = None
    score: str = ""
    colour: int = 0


@dataclass(frozen=True)
class Picture:
    """A part of a picture as a mask: `address` is a `data:` url; `colour` is the one it has over the picture."""

    label: str
    score: str
    address: str
    colour: int | None = None


@dataclass(frozen=True)
class Result:
    """An answer to look at; `kind` says which of the others is filled.

    Args:
        kind: bars, pieces, text, answers, table, pictures, sound or json.
        bars: of classifications and the like; also of `answers`.
        pieces: a text with its spans marked.
        text: what the model wrote.
        head: names of a table's columns; `rows` what stands below.
        marked: cells of `rows` that the answer is made of: row and column, from 0.
        pictures: masks.
        scene: the picture that was asked about, with boxes or masks over it; beside `rows` or `pictures`.
        plot: things as points; beside `rows`.
        address: a `data:` url of a sound.
        note: what else there is to say.
        source: the answer itself as JSON, cut if it is long.
    """

    kind: str
    bars: tuple[Bar, ...] = ()
    pieces: tuple[Piece, ...] = ()
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    marked: frozenset[tuple[int, int]] = frozenset()
    pictures: tuple[Picture, ...] = ()
    scene: Scene | None = None
    plot: PointPlot | None = None
    address: str = ""
    note: str = ""
    source: str = ""


def sound(body: bytes, media_type: str) -> Result:
    """A sound that was made."""
    return Result("sound", address=_data_url(body, media_type))


def result_of(task: str, asked: Mapping[str, Any], answer: Any) -> Result:
    """An answer to look at.

    Args:
        task: whose.
        asked: the question's JSON.
        answer: the answer's JSON.
    """
    source = orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode()[:MAX_JSON_CHARACTERS]
    make = _MAKERS.get(task)
    try:
        output = tasks.spec(task).output.parse(_one_output(task, answer), "answer")
        found = make(output, asked) if make else None
    except InvalidInput:
        found = None
    return Result("json", source=source) if found is None else _with_source(found, source)


def _with_source(result: Result, source: str) -> Result:
    return Result(**{**vars(result), "source": source})


def _one_output(task: str, answer: Any) -> Any:
    """The only output of a question, out of the shape in which it travels."""
    shape = tasks.spec(task).shape
    if shape is Shape.BEST:
        return [answer] if isinstance(answer, dict) else answer
    output = answer
    if shape in (Shape.LISTED, Shape.NESTED) and isinstance(answer, list) and len(answer) == 1:
        output = answer[0]
    if isinstance(output, dict):  # attached servers tell less of details, which nobody is shown anyway
        output = {name: value for name, value in output.items() if name != "details"}
    return output


def percent(score: float) -> str:
    """0.9731 as 97.3 %, on one line."""
    return f"{score * 100:.1f}\N{NO-BREAK SPACE}%"


def _bar(label: str, score: float) -> Bar:
    is_share = 0 <= score <= 1
    return Bar(label, min(max(score, 0.0), 1.0), percent(score) if is_share else f"{score:.3f}")


def _scored(output: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Result:  # noqa: ARG001 - one signature
    return Result("bars", bars=tuple(_bar(row["label"], row["score"]) for row in output[:MAX_ROWS]))


def _filled(output: Sequence[Any], asked: Mapping[str, Any]) -> Result | None:  # noqa: ARG001
    if any(isinstance(row, list) for row in output):
        return None  # several gaps
    words = tuple(_bar(row["token_str"], row["score"]) for row in output[:MAX_ROWS])
    return Result("bars", bars=words, text=output[0]["sequence"] if output else "")


def _answers(output: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Result:  # noqa: ARG001
    if not output:
        return Result("text", note="The model found no answer.")
    return Result("answers", bars=tuple(_bar(row["answer"], row["score"]) for row in output[:MAX_ROWS]))


def _spans(output: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Result:
    text = asked["inputs"]
    pieces: list[Piece] = []
    colours: dict[str, int] = {}
    place = 0
    for span in sorted(output, key=lambda one: int(one["start"])):
        start, end = span["start"], span["end"]
        if start < place or end > len(text):
            continue  # it overlaps one that is shown
        label = str(span.get("entity_group") or span.get("entity") or "")
        colour = colours.setdefault(label, len(colours) % COLOURS)
        pieces += [Piece(text[place:start]), Piece(text[start:end], label, percent(span["score"]), colour)]
        place = end
    pieces.append(Piece(text[place:]))
    note = "" if output else "The model marked nothing in this text."
    return Result("pieces", pieces=tuple(piece for piece in pieces if piece.text), note=note)


def _written(name: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Result]:
    def make(output: Mapping[str, Any], _: Mapping[str, Any]) -> Result:
        text = output[name]
        return Result("text", text=text, note="" if text.strip() else "The model answered with an empty text.")

    return make


def _table_answer(output: Mapping[str, Any], asked: Mapping[str, Any]) -> Result:
    how, table = output.get("aggregator"), asked["inputs"]["table"]
    rows = tuple(tuple(map(str, row)) for row in list(zip(*table.values(), strict=False))[:MAX_ROWS])
    return Result(
        "table",
        text=output["answer"],
        head=tuple(table),
        rows=rows,
        marked=frozenset((row, column) for row, column in output["coordinates"]),
        note=f"Made of the marked cells by {how}." if how not in (None, "NONE") else "",
    )


def _similar(output: Sequence[float], asked: Mapping[str, Any]) -> Result:
    sentences = asked["inputs"]["sentences"]
    bars = [
        Bar(text, min(max(score, 0.0), 1.0), f"{score:.3f}") for text, score in zip(sentences, output, strict=False)
    ]
    return Result("bars", bars=tuple(sorted(bars, key=lambda bar: -float(bar.shown))[:MAX_ROWS]))


def _ranked(output: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Result | None:
    texts = asked["inputs"]["texts"]
    if any(row["index"] >= len(texts) for row in output):
        return None
    return Result("bars", bars=tuple(_bar(texts[row["index"]], row["score"]) for row in output[:MAX_ROWS]))


def _vectors(output: Any, asked: Mapping[str, Any]) -> Result | None:  # noqa: ARG001
    rows = output
    while isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], list):
        rows = rows[0]
    if not isinstance(rows, list) or not rows:
        return None
    vectors = rows if isinstance(rows[0], list) else [rows]
    if not all(isinstance(number, (int, float)) for vector in vectors for number in vector):
        return None
    shown = tuple(_vector_row(index, vector) for index, vector in enumerate(vectors[:MAX_ROWS], 1))
    count = f"{len(vectors)} vectors" if len(vectors) > 1 else "One vector"
    head = ("", "Length", "First numbers")
    return Result("table", head=head, rows=shown, note=f"{count} of {len(vectors[0])} numbers.")


def _vector_row(index: int, vector: Sequence[float]) -> tuple[str, ...]:
    more = " …" if len(vector) > MAX_NUMBERS else ""
    first = ", ".join(f"{number:.4f}" for number in vector[:MAX_NUMBERS])
    return (str(index), f"{math.sqrt(sum(number * number for number in vector)):.4f}", first + more)


def _boxes(output: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Result:
    head = ("Thing", "Score", "Left", "Top", "Right", "Bottom")
    sides = ("xmin", "ymin", "xmax", "ymax")
    found = [(row["label"], percent(row["score"]), row["box"]) for row in output[:MAX_ROWS]]
    rows = tuple((label, score, *(str(box[side]) for side in sides)) for label, score, box in found)
    note = "" if rows else "The model found nothing in this picture."
    return Result("table", head=head, rows=rows, scene=scene_with_boxes(asked, found), note=note)


def _masks(output: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Result:
    labels = [row["label"] for row in output[:MAX_ROWS]]
    addresses = [_data_url(row["mask"], "image/png") for row in output[:MAX_ROWS]]
    scene = scene_with_shapes(asked, list(zip(labels, addresses, strict=True)))
    shown = tuple(
        Picture(
            row["label"],
            percent(row["score"]) if row.get("score") is not None else "",
            address,
            colour_of(row["label"], labels) if scene and index < len(scene.shapes) else None,
        )
        for index, (row, address) in enumerate(zip(output, addresses, strict=False))
    )
    note = "" if shown else "The model found nothing in this picture."
    return Result("pictures", pictures=shown, scene=scene, note=note)


def _depth(output: Mapping[str, Any], asked: Mapping[str, Any]) -> Result | None:  # noqa: ARG001
    depth = output.get("depth")
    if not isinstance(depth, bytes):
        return None
    return Result("pictures", pictures=(Picture("Depth", "", _data_url(depth, "image/png")),))


def _rows(output: Sequence[Any], asked: Mapping[str, Any]) -> Result | None:
    table = asked["inputs"]["table"]
    answers = [_cells(value) for value in output]
    head = (*table, *(answers[0] if answers else ()))
    columns = list(table.values())
    if any(len(column) < len(answers) for column in columns):
        return None
    rows = [
        (*(str(column[index]) for column in columns), *answer.values())
        for index, answer in enumerate(answers[:MAX_ROWS])
    ]
    return Result("table", head=head, rows=tuple(rows))


def _places(output: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Result | None:
    places = [row["coordinates"] for row in output]
    plot = plot_of(places, asked["inputs"].get("texts", ()))
    if plot is None:
        return None
    head = ("", *(f"Direction {number}" for number in range(1, len(places[0]) + 1)))
    shown = zip(plot.points, places[:MAX_ROWS], strict=False)
    rows = tuple((point.label, *(f"{number:.4f}" for number in place)) for point, place in shown)
    return Result("table", head=head, rows=rows, plot=plot, note=plot.note)


def _cells(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(name).replace("_", " ").capitalize(): _cell(each) for name, each in value.items()}
    return {"Answer": ", ".join(map(_cell, value)) if isinstance(value, list) else _cell(value)}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _action(output: Mapping[str, Any], asked: Mapping[str, Any]) -> Result:  # noqa: ARG001
    action, scores = output["action"], output.get("scores")
    if not scores:
        return Result("text", text=_cells(action)["Answer"], note="The action that the policy takes.")
    bars = tuple(_bar(f"Action {index}", score) for index, score in enumerate(scores[:MAX_ROWS]))
    return Result("bars", bars=bars, text=f"Action {action}")


def _data_url(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


_GENERATED = _written("generated_text")
_MAKERS: dict[str, Callable[[Any, Mapping[str, Any]], Result | None]] = {
    **dict.fromkeys(
        (
            "text-classification",
            "zero-shot-classification",
            "image-classification",
            "zero-shot-image-classification",
            "audio-classification",
        ),
        _scored,
    ),
    **dict.fromkeys(("text2text-generation", "text-generation", "image-to-text", "image-text-to-text"), _GENERATED),
    **dict.fromkeys(("question-answering", "visual-question-answering", "document-question-answering"), _answers),
    **dict.fromkeys(("tabular-classification", "tabular-regression", "clustering", "anomaly-detection"), _rows),
    **dict.fromkeys(("feature-extraction", "image-feature-extraction"), _vectors),
    "dimensionality-reduction": _places,
    "token-classification": _spans,
    "table-question-answering": _table_answer,
    "fill-mask": _filled,
    "summarization": _written("summary_text"),
    "translation": _written("translation_text"),
    "automatic-speech-recognition": _written("text"),
    "sentence-similarity": _similar,
    "text-ranking": _ranked,
    "object-detection": _boxes,
    "zero-shot-object-detection": _boxes,
    "depth-estimation": _depth,
    "image-segmentation": _masks,
    "reinforcement-learning": _action,
}
