"""The libraries people really type: datasets and transformers, on the client they bring along."""

import pytest

pytestmark = pytest.mark.heavy


def test_datasets(client_of, new_repo):
    client_of("datasets").script("datasets_journey", new_repo)


def test_datasets_without_xet(client_of, new_repo):
    client_of("datasets", xet=False).script("datasets_journey", new_repo)


@pytest.mark.parametrize("generation", ["transformers", "transformers-4"])
def test_transformers(client_of, new_repo, tmp_path, generation):
    client_of(generation).script("transformers_journey", new_repo, str(tmp_path))
