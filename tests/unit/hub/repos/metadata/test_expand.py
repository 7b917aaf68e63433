import re

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.expand import EXPANDABLE, check_expand


def test_known_fields_pass_in_order_without_repeats():
    assert check_expand(RepoType.MODEL, ["sha", "author", "sha"]) == ("sha", "author")
    assert check_expand(RepoType.SPACE, []) == ()


@pytest.mark.parametrize("repo_type", RepoType)
def test_the_refusal_lists_every_field_as_the_clients_test_parses_it(repo_type):
    with pytest.raises(InvalidInput) as caught:
        check_expand(repo_type, ["does_not_exist"])
    message = str(caught.value)
    assert set(re.findall(r'"([^"]+)"', message.split("expected one of ", 1)[1])) == set(EXPANDABLE[repo_type])


@pytest.mark.parametrize(("repo_type", "counts"), [(RepoType.MODEL, 32), (RepoType.DATASET, 21), (RepoType.SPACE, 20)])
def test_numbers_of_fields(repo_type, counts):
    assert len(EXPANDABLE[repo_type]) == counts


def test_fields_of_another_type_are_refused():
    with pytest.raises(InvalidInput):
        check_expand(RepoType.DATASET, ["pipeline_tag"])


def test_agrees_with_the_installed_client():
    hf_api = pytest.importorskip("huggingface_hub.hf_api")
    for repo_type, name in ((RepoType.MODEL, "Model"), (RepoType.DATASET, "Dataset"), (RepoType.SPACE, "Space")):
        known = set(getattr(hf_api, f"Expand{name}Property_T").__args__)
        assert known - {"xetEnabled"} == set(EXPANDABLE[repo_type]) - {"xetEnabled"}
