import numpy as np
import pytest

from holdfast.inference.runtime.rows import Padding, batches, size_of, stack, unpad


def tokens(*ids):
    return {"input_ids": np.array(ids), "attention_mask": np.ones(len(ids), int)}


def test_sequences_are_padded_with_their_own_values():
    whole = stack([tokens(5, 6, 7), tokens(8)], Padding({"input_ids": 9}))
    assert whole["input_ids"].tolist() == [[5, 6, 7], [8, 9, 9]]
    assert whole["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    left = stack([tokens(5, 6, 7), tokens(8)], Padding({"input_ids": 9}, "left"))
    assert left["input_ids"].tolist() == [[5, 6, 7], [9, 9, 8]]


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_is_taken_off_again(side):
    whole = stack([tokens(5, 6, 7), tokens(8)], Padding({}, side))["input_ids"]
    assert [unpad(line, length, Padding({}, side)).tolist() for line, length in zip(whole, (3, 1), strict=True)] == [
        [5, 6, 7],
        [8],
    ]


def test_every_row_is_in_one_batch_and_none_is_too_large():
    random = np.random.default_rng(0)
    rows = [tokens(*range(length)) for length in random.integers(1, 50, 100)]
    found = list(batches(rows, max_size=200, max_rows=8))
    assert sorted(index for batch in found for index in batch) == list(range(100))
    for batch in found:
        longest = max(size_of(rows[index]) for index in batch)
        assert len(batch) <= 8
        assert len(batch) == 1 or longest * len(batch) <= 200


def test_a_row_larger_than_a_batch_goes_alone():
    assert list(batches([tokens(*range(500)), tokens(1)], max_size=100, max_rows=8)) == [[0], [1]]


def test_pixels_of_different_shapes_never_meet():
    rows = [{"pixel_values": np.zeros((3, 4, width), np.float32)} for width in (8, 6, 8)]
    assert sorted(map(sorted, batches(rows, 10_000, 8))) == [[0, 2], [1]]
