"""Subtitle files from what was heard, with its times."""

from holdfast.inference.domain.subtitles import subtitles, timed_pieces

CHUNKS = [
    {"text": " hello  there", "timestamp": [0.0, 1.5]},
    {"text": "a --> b\n", "timestamp": [3661.25, None]},
    {"text": "end", "timestamp": [None, 3700.9996]},
]


def test_pieces_without_an_end_end_as_they_begin_and_those_without_a_beginning_go_on():
    assert [(one.start_seconds, one.end_seconds) for one in timed_pieces(CHUNKS)] == [
        (0.0, 1.5),
        (3661.25, 3661.25),
        (3661.25, 3700.9996),
    ]


def test_subrip():
    assert subtitles(timed_pieces(CHUNKS), "srt") == (
        "1\n00:00:00,000 --> 00:00:01,500\nhello there\n\n"
        "2\n01:01:01,250 --> 01:01:01,250\na → b\n\n"
        "3\n01:01:01,250 --> 01:01:41,000\nend\n"
    )


def test_webvtt():
    assert subtitles(timed_pieces(CHUNKS[:1]), "vtt") == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nhello there\n"
    assert subtitles([], "vtt") == "WEBVTT\n"
