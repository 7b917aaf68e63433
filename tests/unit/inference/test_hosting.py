"""A task in an engine's process: from what came over HTTP to what goes back. The predictor is one of our own."""

import base64
from collections.abc import Iterator

import orjson
import pytest

from holdfast.backends.engines.protocol import Question
from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.domain.kinds import Binary, Either, Field, Integer, Record, Text
from holdfast.inference.domain.predictors import CPU_BATCH_SIZE, Item, Placement, Predictor, StreamingPredictor
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.hosting import HostedTask

SPEC = TaskSpec(
    name="echo",
    summary="Repeats.",
    inputs=Either((Text(), Binary("image")), "a string or an image"),
    output=Record({"text": Field(Text())}),
    parameters=Record({"times": Field(Integer(1))}),
    shape=Shape.LISTED,
    example="hello",
)


class Echo(Predictor):
    spec = SPEC
    placement = Placement("cpu", "float32")

    def prepare(self, inputs, parameters):
        if inputs == "bad":
            raise InvalidInput(field="inputs", problem="are bad")
        return Item(inputs, parameters, [inputs], size=len(inputs))

    def run(self, items):
        return [{"text": item.inputs} for item in items]


class StreamingEcho(Echo, StreamingPredictor):
    def __init__(self):
        self.closed = False

    batching = "continuous"

    def pieces(self, item) -> Iterator[dict | None]:
        try:
            yield None
            for letter in item.inputs:
                yield {"token": letter}
        finally:
            self.closed = True

    def joins(self, item):
        return item.inputs != "alone"

    def has_room(self, item):
        return item.inputs != "too much"

    def steps(self, item):
        yield
        return {"text": item.inputs}


def ask(hosted: HostedTask, body: object, media_type: str = "application/json"):
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    prepared = hosted.prepare(Question(content, media_type))
    return hosted.finish(prepared, hosted.run(prepared.parts))


def test_one_input_and_several():
    answer = ask(HostedTask(Echo()), {"inputs": "hello"})
    assert (orjson.loads(answer.body), answer.media_type, answer.tokens) == ([{"text": "hello"}], "application/json", 5)
    answer = ask(HostedTask(Echo()), {"inputs": ["a", "bb"], "parameters": {"times": 2}})
    assert (orjson.loads(answer.body), answer.tokens) == ([{"text": "a"}, {"text": "bb"}], 3)


def test_who_computes_rows_on_a_cpu_takes_fewer_at_once():
    """The others gain by each other: what writes tokens reads its weights once for all."""

    class Rows(RowPredictor, Echo):
        def forward(self, rows):
            return rows

        def finish(self, item, results):
            return {"text": results[0]}

    assert HostedTask(Rows()).batch_size == CPU_BATCH_SIZE < HostedTask(Echo()).batch_size
    on_gpu = Rows()
    on_gpu.placement = Placement("cuda:0", "bfloat16")
    assert HostedTask(on_gpu).batch_size == HostedTask(Echo()).batch_size


def test_media_come_as_they_are_and_go_as_base64():
    answer = ask(HostedTask(Echo()), b"\x89PNG", "image/png")
    assert orjson.loads(answer.body) == [{"text": base64.b64encode(b"\x89PNG").decode()}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        ({"inputs": 5}, "inputs"),
        ({"inputs": ["a", "bad"]}, "inputs[1]"),
        ({"inputs": "bad"}, "inputs"),
        ({"inputs": "a", "parameters": {"times": 0}}, "parameters.times"),
        ({"inputs": "a", "parameters": {"nonsense": 0}}, "parameters.nonsense"),
        ({"inputs": []}, "inputs"),
    ],
)
def test_what_is_wrong_is_said_by_its_field(body, field):
    with pytest.raises(InvalidInput) as caught:
        ask(HostedTask(Echo()), body)
    assert caught.value.field == field


def test_too_many_inputs_are_refused():
    with pytest.raises(TooLarge):
        ask(HostedTask(Echo()), {"inputs": ["a"] * 1001})


def test_streams_are_chunks_of_json_and_closing_one_stops_the_model():
    predictor = StreamingEcho()
    hosted = HostedTask(predictor)
    prepared = hosted.prepare(Question(b'{"inputs": "abc"}'))
    begun, *chunks = hosted.stream(prepared)
    assert begun == b""
    assert [orjson.loads(chunk) for chunk in chunks] == [{"token": letter} for letter in "abc"]
    assert list(predictor.stream(prepared.parts[0])) == [{"token": letter} for letter in "abc"]
    predictor.closed = False
    stream = hosted.stream(prepared)
    next(stream)
    stream.close()
    assert predictor.closed


def test_what_joins_is_the_predictors_to_say():
    hosted = HostedTask(StreamingEcho())
    assert hosted.facts["batching"] == "continuous"
    [part] = hosted.prepare(Question(b'{"inputs": "abc"}')).parts
    steps = hosted.steps(part)
    assert next(steps) is None
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == {"text": "abc"}
    for inputs, joins, has_room in (("abc", True, True), ("alone", False, True), ("too much", True, False)):
        [part] = hosted.prepare(Question(orjson.dumps({"inputs": inputs}))).parts
        assert (hosted.joins(part), hosted.has_room(part)) == (joins, has_room)
    assert not HostedTask(Echo()).joins(part)
    assert HostedTask(Echo()).has_room(part)


def test_what_cannot_be_streamed_says_so():
    hosted = HostedTask(Echo())
    with pytest.raises(InvalidInput, match="stream"):
        hosted.stream(hosted.prepare(Question(b'{"inputs": "a"}')))
    hosted = HostedTask(StreamingEcho())
    with pytest.raises(InvalidInput, match="single"):
        hosted.stream(hosted.prepare(Question(b'{"inputs": ["a", "b"]}')))


def test_warming_up_asks_the_example_and_survives_a_model_that_cannot_answer_it():
    asked = []

    class Picky(Echo):
        def run(self, items):
            asked.append(items[0].inputs)
            raise InvalidInput(field="inputs", problem="are not mine")

    HostedTask(Picky()).warm_up()
    assert asked == ["hello"]
