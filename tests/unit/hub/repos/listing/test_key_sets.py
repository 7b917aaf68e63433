"""Sets of keys against Python's own."""

import random

from holdfast.hub.repos.listing.key_sets import BLOCK_KEYS, KeySet


def some_keys(rng):
    return {rng.randrange(4 * BLOCK_KEYS) for _ in range(rng.choice([0, 1, 50, 3000]))} | {BLOCK_KEYS - 1, BLOCK_KEYS}


def test_sets_do_as_sets_do():
    rng = random.Random(1)
    for _ in range(20):
        left, right = some_keys(rng), some_keys(rng)
        ours, theirs = KeySet.of(left), KeySet.of([*right, *right])
        assert set(ours & theirs) == left & right
        assert set(ours | theirs) == left | right
        assert set(ours - theirs) == left - right
        assert len(ours) == len(left)
        assert list(ours) == sorted(left)
        assert ours.count_with(theirs) == len(left & right)
        assert BLOCK_KEYS in ours
        assert (5 * BLOCK_KEYS in ours) is False
        assert KeySet.from_bytes(ours.to_bytes()) == ours


def test_what_is_empty_has_no_blocks():
    one = KeySet.of([7])
    assert (one - one).blocks == {}
    assert (one & KeySet()).blocks == {}
