from holdfast.hub.xet.service.index_cache import BYTES_PER_CHUNK, BYTES_PER_INDEX, IndexCache
from tests.factories.xet import index_chunks


def make(number):
    return index_chunks([bytes([number]) * 100, b"x"])[1]


def test_what_was_unused_for_longest_goes_first():
    size = BYTES_PER_INDEX + 2 * BYTES_PER_CHUNK
    cache = IndexCache(2 * size)
    one, two, three = make(1), make(2), make(3)
    cache.put(one)
    cache.put(two)
    assert cache.get(one.hash) is one
    cache.put(three)
    assert (cache.get(one.hash), cache.get(two.hash), cache.get(three.hash)) == (one, None, three)
    assert cache.size_bytes == 2 * size


def test_putting_twice_and_dropping_count_once():
    cache = IndexCache(10_000)
    one = make(1)
    cache.put(one)
    cache.put(one)
    cache.drop(one.hash)
    cache.drop(one.hash)
    assert cache.size_bytes == 0
    assert cache.get(one.hash) is None


def test_an_index_larger_than_the_cache_is_not_kept():
    cache = IndexCache(10)
    cache.put(make(1))
    assert cache.size_bytes == 0
