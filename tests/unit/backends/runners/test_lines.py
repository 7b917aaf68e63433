from __future__ import annotations

from holdfast.backends.runners.local.lines import LineWriter, read_lines


def writer(path, max_bytes=1000):
    return LineWriter(path, max_bytes, "cut")


def texts(path):
    return [text for _, _, text in read_lines(path, 0, 100)]


def test_what_a_crash_left_is_cut_off(tmp_path):
    """Killed between the lines and the index, or in the middle of an entry."""
    path = tmp_path / "log"
    first = writer(path)
    first.append([b"one", b"two"], 5)
    first.close()
    with path.open("ab") as file:
        file.write(b"half a li")
    with (tmp_path / "log.index").open("ab") as file:
        file.write(b"\0" * 7)
    assert texts(path) == ["one", "two"]
    second = writer(path)
    second.append([b"three"], 6)
    second.close()
    assert texts(path) == ["one", "two", "three"]
    assert path.read_bytes() == b"one\ntwo\nthree\n"


def test_moments(tmp_path):
    file = writer(tmp_path / "log")
    file.append([b"one", b"two"], 5)
    file.append([b"three"], 6)
    assert read_lines(tmp_path / "log", 1, 5) == [(1, 5, "two"), (2, 6, "three")]
    file.close()


def test_the_last_line_of_what_is_full_says_so(tmp_path):
    file = writer(tmp_path / "log", 10)
    file.append([b"1234", b"5678", b"9"], 1)
    file.append([b"more"], 1)
    assert texts(tmp_path / "log") == ["1234", "5678", "cut"]
    file.close()
    again = writer(tmp_path / "log", 10)
    again.append([b"more"], 1)
    assert texts(tmp_path / "log") == ["1234", "5678", "cut"]
    again.close()


def test_nothing(tmp_path):
    assert read_lines(tmp_path / "log", 0, 10) == []
    file = writer(tmp_path / "log")
    file.append([], 1)
    assert read_lines(tmp_path / "log", 0, 10) == []
    assert read_lines(tmp_path / "log", -5, 10) == []
    file.close()
