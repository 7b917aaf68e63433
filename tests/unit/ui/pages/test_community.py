"""Comments of a discussion, of which there may be any number."""

from holdfast.hub.community.domain import Comment, CommentVersion, Event, StatusChange
from holdfast.ui.pages.community import Comments
from holdfast.ui.rendering import NOWHERE, Deadline, Remembered


def comment(number):
    return Event(f"{number:024x}", 1, 0, Comment((CommentVersion(f"**bold {number}** <b>", 0),)))


def test_comments_are_set_while_there_is_time():
    remembered = Remembered()
    assert "<strong>bold 1</strong>" in Comments(NOWHERE, remembered, Deadline(5.0)).show(comment(1))
    late = Comments(NOWHERE, remembered, Deadline(-1.0))
    assert "<strong>bold 1</strong>" in late.show(comment(1))  # is remembered
    assert "**bold 2** &lt;b&gt;" in late.show(comment(2))
    assert "<strong>bold 2</strong>" in Comments(NOWHERE, remembered, Deadline(5.0)).show(comment(2))


def test_only_comments_have_a_text():
    assert Comments(NOWHERE, Remembered(), Deadline(5.0)).show(Event("1", 1, 0, StatusChange("closed"))) is None
