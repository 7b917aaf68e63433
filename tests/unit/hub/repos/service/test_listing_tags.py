"""Tags by which lists can be filtered."""

from __future__ import annotations

from holdfast.base.ids import RepoType
from tests.factories.hub import Hub


def test_used_tags_come_first_with_their_number_and_known_ones_after(hub: Hub):
    for name, private in (("alice/one", False), ("alice/two", False), ("alice/three", True)):
        hub.create(name, private=private)
        card = b"---\npipeline_tag: text-generation\nlicense: mit\ntags: [Mine]\n---\n"
        hub.put(name, "README.md", card)
    tags = hub.repos.lists.list_tags(RepoType.MODEL)
    found = {tag.name: tag for tag in tags}
    assert len(found) == len(tags)
    assert (found["text-generation"].count, found["text-generation"].label) == (2, "Text Generation")
    assert (found["license:mit"].count, found["license:mit"].kind) == (2, "license")
    assert (found["mine"].count, found["mine"].label, found["mine"].kind) == (2, "Mine", "other")
    assert (found["translation"].count, found["translation"].label) == (0, "Translation")
    counts = [tag.count for tag in tags]
    assert counts == sorted(counts, reverse=True)


def test_an_empty_server_offers_the_vocabulary(hub: Hub):
    kinds = {tag.kind for tag in hub.repos.lists.list_tags(RepoType.DATASET)}
    assert kinds == {"task_categories", "task_ids", "size_categories", "license"}
