import pytest

from holdfast.inference.domain.tool_calls import ToolCall, ToolCallFilter, read_tool_calls

PARIS = ToolCall("weather", '{"city": "Paris"}')
JSON = '{"name": "weather", "arguments": {"city": "Paris"}}'


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>\n{JSON}\n</tool_call>",
        f"[TOOL_CALLS][{JSON}]",
        f"<|python_tag|>{JSON}",
        JSON.replace("arguments", "parameters"),
        f"[{JSON}]",
        '{"name": "weather", "arguments": "{\\"city\\": \\"Paris\\"}"}',
    ],
)
def test_calls_as_models_write_them(text):
    assert read_tool_calls(text, ["weather"]) == [PARIS]


def test_several_calls():
    assert read_tool_calls(f"<tool_call>{JSON}</tool_call>\n<tool_call>{JSON}</tool_call>", ["weather"]) == [PARIS] * 2


@pytest.mark.parametrize("text", ["", "sunny", '{"name": "other"}', f"{JSON} and so on", "[1, 2]", "[" * 5_000, '{"a'])
def test_what_is_no_call(text):
    assert read_tool_calls(text, ["weather"]) == []


def feed(text, names, size):
    watch = ToolCallFilter(names)
    shown = "".join(watch.add(text[start : start + size]) for start in range(0, len(text), size))
    rest, calls = watch.finish()
    return shown + rest, calls


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("text", "shown", "calls"),
    [
        ("It is sunny.", "It is sunny.", []),
        (f"Let me see. <tool_call>{JSON}</tool_call>", "Let me see. ", [PARIS]),
        (JSON, "", [PARIS]),
        ('{"city": "Paris"}', '{"city": "Paris"}', []),
        ("a <tool_box> b", "a <tool_box> b", []),
        ("a <tool_call> nothing", "a <tool_call> nothing", []),
    ],
)
def test_calls_are_hidden_from_people(text, shown, calls, size):
    assert feed(text, ["weather"], size) == (shown, calls)


def test_without_tools_everything_is_shown_at_once():
    watch = ToolCallFilter([])
    assert watch.add("{") == "{"
    assert watch.add("<tool_call>") == "<tool_call>"
