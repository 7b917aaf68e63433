import pytest

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.known_tags import known_tags
from holdfast.hub.repos.metadata.tag_kinds import tag_kind


@pytest.mark.parametrize("repo_type", [RepoType.MODEL, RepoType.DATASET])
def test_known_tags_are_sorted_as_those_of_repos_are(repo_type):
    found = list(known_tags(repo_type))
    assert len(dict(found)) == len(found) > 200
    assert {name: kind.kind for name, kind in found} == {name: tag_kind(repo_type, name).kind for name, _ in found}


def test_words_for_people_and_what_filters_take():
    models, datasets = dict(known_tags(RepoType.MODEL)), dict(known_tags(RepoType.DATASET))
    assert models["text-generation"].label == "Text Generation"
    assert models["license:mit"].label == "mit"
    assert datasets["task_categories:text-generation"].label == "Text Generation"
    assert datasets["size_categories:n>1T"].kind == "size_categories"
    assert list(known_tags(RepoType.SPACE)) == []
