import threading

import pytest

from holdfast.base.errors import TooLarge
from holdfast.inference.runtime.texts import TextReader
from tests.factories import tiny_models

LONG, SHORT = "a cat sat on the mat " * 40, "a cat sat on the mat"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return TextReader(tiny_models.word_tokenizer(tmp_path_factory.mktemp("words")), 64)


def test_a_text_that_is_too_long_is_refused_or_cut(reader):
    with pytest.raises(TooLarge, match=r"`question`, 242 tokens long, .* 64 tokens"):
        reader.row(LONG, name="question")
    assert len(reader.row(LONG, truncation=True)["input_ids"]) == 64
    assert len(reader.row(LONG, truncation=True, keep_tokens=10)["input_ids"]) == 10
    assert len(reader.row(LONG, truncation=True, keep_tokens=100)["input_ids"]) == 64


def test_the_side_is_for_one_call(reader):
    text = "one two three cat dog"
    words = [
        reader.tokenizer.decode(reader.row(text, truncation=True, keep_tokens=4, side=side)["input_ids"][1:-1])
        for side in ("left", "right", None)
    ]
    assert words == ["cat dog", "one two", "one two"]


def test_threads_take_turns(reader):
    """A fast tokenizer remembers how the last text was cut, which is none of the next one's business."""
    wanted = {
        True: reader.row(LONG, truncation=True)["input_ids"].tolist(),
        False: reader.row(SHORT)["input_ids"].tolist(),
    }
    wrong = []

    def work(first):
        for turn in range(150):
            cut = (turn + first) % 2 == 0
            try:
                row = reader.row(LONG if cut else SHORT, truncation=cut)
            except TooLarge as error:
                wrong.append(error)
                return
            if row["input_ids"].tolist() != wanted[cut]:
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
