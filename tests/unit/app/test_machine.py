"""How much memory there is: the machine's, or what a container allows."""

from holdfast.app.machine import memory_bytes


def test_the_smaller_of_both_counts(tmp_path):
    physical = memory_bytes(tmp_path / "none")
    assert physical > 10**8
    limit = tmp_path / "memory.max"
    for word, expected in (("max", physical), (str(10**8), 10**8), (str(2**62), physical)):
        limit.write_text(f"{word}\n")
        assert memory_bytes(limit) == expected
