"""Generating: limits, stop texts, seeds, streams, cancelling, chats and tools."""

import threading

import pytest

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference import tasks
from holdfast.inference.domain.tool_calls import ToolCall, ToolCallFilter
from tests.compat.push_models import save_decoder
from tests.factories import tiny_models

HELLO = [{"role": "user", "content": "what is the capital?"}]
CALLING = (
    "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    "{% if tools %}{{ raise_exception('no tools, please') }}{% endif %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.gpt2(tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="module")
def writer(folder):
    return tasks.load("text-generation", folder)


@pytest.fixture(scope="module")
def chat(folder):
    return tasks.load("chat-completion", folder)


def whole(writer, **given):
    return writer.predict("hello there", {"max_new_tokens": 20, **given})["generated_text"]


def test_a_stop_text_ends_it_and_is_cut_off(writer):
    text = whole(writer)
    stop = text[4:7]
    found = writer.predict("hello there", {"max_new_tokens": 20, "stop": ["never", stop], "details": True})
    assert found["generated_text"] == text[: text.index(stop)]
    assert found["details"]["finish_reason"] == "stop_sequence"
    assert found["details"]["generated_tokens"] < 20


def test_items_of_one_batch_have_limits_of_their_own(writer):
    given = [{"max_new_tokens": 3}, {"max_new_tokens": 9}, {"max_new_tokens": 20, "stop": [whole(writer)[2:4]]}]
    items = [writer.prepare("hello there", one) for one in given]
    assert len({item.group for item in items}) == 1
    alone = [writer.predict("hello there", one) for one in given]
    assert writer.run(items) == alone


def test_a_seed_makes_draws_repeatable_among_others(writer):
    given = {"temperature": 1.5, "seed": 7}
    alone = whole(writer, **given)
    batch = writer.predict_batch(["a", "hello there", "b"], {"max_new_tokens": 20, **given})
    assert batch[1]["generated_text"] == alone == whole(writer, **given)
    assert whole(writer, temperature=1.5, seed=8) != alone


def test_temperature_zero_is_greedy(writer):
    assert whole(writer, temperature=0) == whole(writer)


def test_penalties_keep_tokens_from_coming_again(writer):
    given = {"max_new_tokens": 40, "details": True, "frequency_penalty": 2.0, "presence_penalty": 2.0}
    ids = [token["id"] for token in writer.predict("hello there", given)["details"]["tokens"]]
    plain = writer.predict("hello there", {"max_new_tokens": 40, "details": True})["details"]["tokens"]
    assert len(set(ids)) > len({token["id"] for token in plain})


def test_the_prompt_may_come_first(writer):
    assert whole(writer, return_full_text=True) == "hello there" + whole(writer)


def test_the_likeliest_tokens_are_told(writer):
    details = writer.predict("hello there", {"max_new_tokens": 3, "details": True, "top_n_tokens": 3})["details"]
    for token, top in zip(details["tokens"], details["top_tokens"], strict=True):
        assert top[0]["id"] == token["id"]
        assert top[0]["logprob"] == token["logprob"] > top[1]["logprob"] > top[2]["logprob"]


def test_a_stream_is_the_answer_in_pieces(writer):
    chunks = list(writer.stream(writer.prepare("hello there", {"max_new_tokens": 20})))
    assert "".join(chunk["token"]["text"] for chunk in chunks) == whole(writer) == chunks[-1]["generated_text"]
    assert [chunk["index"] for chunk in chunks] == list(range(1, 21))
    assert all(chunk["details"] is None for chunk in chunks[:-1])
    assert chunks[-1]["details"]["generated_tokens"] == 20


def test_closing_a_stream_stops_the_model(writer):
    stream = writer.stream(writer.prepare("hello there", {"max_new_tokens": 100}))
    next(stream)
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "generation"]


@pytest.mark.parametrize("given", [{"max_new_tokens": 128}, {"max_length": 200}])
def test_more_than_fits_is_refused_with_the_limit(writer, given):
    with pytest.raises(TooLarge, match="128 tokens"):
        writer.predict("hello there", given)


def test_a_long_prompt_is_refused_or_cut(writer):
    with pytest.raises(TooLarge, match=r"`inputs`, 500 tokens long, .* 128 tokens"):
        writer.predict("x" * 500)
    cut = writer.predict("x" * 500, {"truncate": 20, "max_new_tokens": 5})
    assert cut == writer.predict("x" * 20, {"max_new_tokens": 5})


def test_a_prompt_without_tokens_is_refused(tmp_path):
    """Spaces are no words to some tokenizers, and no template need add any."""
    save_decoder(tmp_path, with_template=True)
    with pytest.raises(InvalidInput, match="messages` hold nothing"):
        tasks.load("chat-completion", tmp_path).predict([{"role": "user", "content": " "}], {"max_tokens": 2})


@pytest.mark.parametrize(
    "given", [{"decoder_input_details": True}, {"watermark": True}, {"best_of": 2}, {"adapter_id": "x"}]
)
def test_what_is_not_supported_is_said(writer, given):
    with pytest.raises(InvalidInput, match=f"parameters.{next(iter(given))}` is not supported"):
        writer.predict("hello there", given)


def test_beams_and_stop_texts_do_not_go_together(writer):
    with pytest.raises(InvalidInput, match=r"parameters\.stop"):
        writer.predict("hello there", {"num_beams": 2, "stop": ["x"]})


def test_a_chat_goes_through_its_template(chat, writer):
    prompt = "user : what is the capital? [SEP] assistant : "
    found = chat.predict(HELLO, {"max_tokens": 9, "temperature": 0, "seed": 1})
    [choice] = found["choices"]
    plain = writer.predict(prompt, {"max_new_tokens": 9, "details": True})
    assert choice["message"] == {"role": "assistant", "content": plain["generated_text"]}
    assert found["usage"]["prompt_tokens"] == len(prompt)


def test_a_chat_in_pieces(chat):
    given = {"max_tokens": 12, "stop": ["\x00"], "stream_options": {"include_usage": True}, "logprobs": True}
    messages = [{"role": "user", "content": "paris"}]
    chunks = list(chat.stream(chat.prepare(messages, given)))
    [message] = [choice["message"] for choice in chat.predict(messages, given)["choices"]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == message["content"]
    assert deltas[0]["role"] == "assistant"
    assert chunks[-2]["choices"][0]["finish_reason"] in ("stop", "length")
    assert chunks[-1]["usage"]["total_tokens"] > 0


def test_several_answers_in_one_stream(chat):
    given = {"max_tokens": 5, "n": 3, "seed": 4, "temperature": 1.0, "stream_options": {"include_usage": True}}
    whole = chat.predict(HELLO, given)
    pieces = list(chat.stream(chat.prepare(HELLO, chat.spec.parse_parameters(given))))
    for index, choice in enumerate(whole["choices"]):
        own = [one["choices"][0] for one in pieces if one["choices"] and one["choices"][0]["index"] == index]
        assert "".join(one["delta"].get("content") or "" for one in own) == choice["message"]["content"]
        assert own[0]["delta"]["role"] == "assistant"
        assert own[-1]["finish_reason"] == choice["finish_reason"]
    assert pieces[-1]["usage"] == whole["usage"]


@pytest.mark.parametrize("given", [{}, {"seed": 4, "temperature": 1.0}, {"seed": -4, "top_k": 50}])
def test_several_answers_differ(chat, given):
    texts = [
        [choice["message"]["content"] for choice in chat.predict(HELLO, {"max_tokens": 12, "n": 3, **given})["choices"]]
        for _ in range(2)
    ]
    assert len(set(texts[0])) == 3
    assert (texts[0] == texts[1]) is ("seed" in given)


def test_what_openai_clients_send_along_changes_nothing(chat):
    expected = chat.predict(HELLO, {"max_tokens": 5})
    along = {"store": True, "metadata": {"a": "b"}, "service_tier": "auto", "prediction": {"type": "content"}}
    options = {"include_obfuscation": False, "include_usage": True}
    more = {"modalities": ["text"], "stream_options": options, "parallel_tool_calls": True, "mystery": None}
    assert chat.predict(HELLO, {"max_tokens": 5, **along, **more}) == expected
    # A message as openai's `message.model_dump()` gives it back.
    said = {"role": "assistant", "content": "x", "annotations": [], "audio": None, "function_call": None}
    assert chat.predict([*HELLO, said, *HELLO], {"max_tokens": 1})["choices"]
    for wrong in ({"mystery": 1}, {"modalities": ["audio"]}):
        with pytest.raises(InvalidInput):
            chat.predict(HELLO, wrong)


def test_one_call_where_not_several_are_wanted(chat, monkeypatch):
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    calls = [ToolCall("look", "{}"), ToolCall("look", "{}")]
    monkeypatch.setattr(ToolCallFilter, "finish", lambda _: ("", calls))
    for more, count in (({}, 2), ({"parallel_tool_calls": True}, 2), ({"parallel_tool_calls": False}, 1)):
        given = {"tools": [tool], "max_tokens": 2, **more}
        assert len(chat.predict(HELLO, given)["choices"][0]["message"]["tool_calls"]) == count
        last = list(chat.stream(chat.prepare(HELLO, chat.spec.parse_parameters(given))))[-1]
        assert len(last["choices"][0]["delta"]["tool_calls"]) == count


def test_several_answers_and_tools_offered(chat):
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    offered = chat.predict(HELLO, {"max_tokens": 3, "tools": [tool], "n": 2})
    assert [choice["index"] for choice in offered["choices"]] == [0, 1]
    without = chat.predict(HELLO, {"max_tokens": 3, "tools": [tool], "tool_choice": "none"})
    assert offered["usage"]["prompt_tokens"] == without["usage"]["prompt_tokens"] + len("tool weather . ")


def test_what_the_template_refuses_is_the_callers_to_mend(tmp_path):
    folder = tiny_models.gpt2(tmp_path)
    (folder / "chat_template.jinja").write_text(CALLING)
    tool = {"type": "function", "function": {"name": "weather"}}
    with pytest.raises(InvalidInput, match="no tools, please"):
        tasks.load("chat-completion", folder).predict(HELLO, {"tools": [tool]})


def test_pictures_for_a_model_without_eyes(chat):
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,eHg="}}
    with pytest.raises(InvalidInput, match=r"messages\[0\]\.content` holds an image"):
        chat.predict([{"role": "user", "content": [part]}])


def test_a_model_without_a_template_is_no_chat_model(tmp_path):
    folder = tiny_models.gpt2(tmp_path)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(UnusableModel, match="no chat template"):
        tasks.load("chat-completion", folder)
