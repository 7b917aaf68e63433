"""`tests/fixtures/hub.py` for the tests of datasets 5.x: a user, and repos that clean up after themselves."""

import contextlib
import os
import secrets

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import BucketNotFoundError, HfHubHTTPError

CI_HUB_USER = "__DUMMY_DATASETS_USER__"
CI_HUB_USER_TOKEN = "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"
CI_HUB_ENDPOINT = os.environ["HF_ENDPOINT"]


@pytest.fixture
def ci_hub_config(monkeypatch):
    """The libraries read HF_ENDPOINT when imported, so nothing needs to change here but that they agree."""
    monkeypatch.setattr("datasets.config.HF_ENDPOINT", CI_HUB_ENDPOINT)
    monkeypatch.setenv("HF_ENDPOINT", CI_HUB_ENDPOINT)


@pytest.fixture
def set_ci_hub_access_token(ci_hub_config, monkeypatch):
    """Log the user in through the environment."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "0")
    monkeypatch.setenv("HF_TOKEN", CI_HUB_USER_TOKEN)


@pytest.fixture(scope="session")
def hf_api():
    return HfApi(endpoint=CI_HUB_ENDPOINT)


@pytest.fixture(scope="session")
def hf_token():
    return CI_HUB_USER_TOKEN


@pytest.fixture
def cleanup_repo(hf_api, hf_token):
    return lambda repo_id: hf_api.delete_repo(repo_id, token=hf_token, repo_type="dataset")


def new_id(kind):
    return f"{CI_HUB_USER}/test-{kind}-{secrets.token_hex(8)}"


@pytest.fixture
def temporary_repo(hf_api, hf_token):
    @contextlib.contextmanager
    def repo(repo_id=None):
        repo_id = repo_id or new_id("dataset")
        try:
            yield repo_id
        finally:
            hf_api.delete_repo(repo_id, token=hf_token, repo_type="dataset", missing_ok=True)

    return repo


@pytest.fixture
def temporary_bucket(hf_api, hf_token):
    @contextlib.contextmanager
    def bucket(bucket_id=None):
        bucket_id = bucket_id or new_id("bucket")
        try:
            yield bucket_id
        finally:
            with contextlib.suppress(BucketNotFoundError):
                hf_api.delete_bucket(bucket_id, token=hf_token)

    return bucket


@contextlib.contextmanager
def dataset_with_file(api, token, path_in_repo, content, *, private=False, gated=False):
    repo_id = new_id("data")
    api.create_repo(repo_id, token=token, repo_type="dataset", private=private)
    try:
        api.upload_file(
            path_or_fileobj=content, path_in_repo=path_in_repo, repo_id=repo_id, repo_type="dataset", token=token
        )
        if gated:
            api.update_repo_settings(repo_id, token=token, repo_type="dataset", gated=gated)
        yield repo_id
    finally:
        with contextlib.suppress(HfHubHTTPError):
            api.delete_repo(repo_id, token=token, repo_type="dataset", missing_ok=True)


@pytest.fixture(scope="session")
def hf_gated_dataset_repo_txt_data_(hf_api, hf_token, text_file_content):
    with dataset_with_file(hf_api, hf_token, "data/text_data.txt", text_file_content.encode(), gated="auto") as repo_id:
        yield repo_id


@pytest.fixture
def hf_gated_dataset_repo_txt_data(hf_gated_dataset_repo_txt_data_, ci_hub_config):
    return hf_gated_dataset_repo_txt_data_


@pytest.fixture(scope="session")
def hf_private_dataset_repo_txt_data_(hf_api, hf_token, text_file_content):
    with dataset_with_file(hf_api, hf_token, "data/text_data.txt", text_file_content.encode(), private=True) as repo_id:
        yield repo_id


@pytest.fixture
def hf_private_dataset_repo_txt_data(hf_private_dataset_repo_txt_data_, ci_hub_config):
    return hf_private_dataset_repo_txt_data_


@pytest.fixture(scope="session")
def hf_private_dataset_repo_zipped_txt_data_(hf_api, hf_token, zip_csv_with_dir_path):
    with dataset_with_file(hf_api, hf_token, "data.zip", str(zip_csv_with_dir_path), private=True) as repo_id:
        yield repo_id


@pytest.fixture
def hf_private_dataset_repo_zipped_txt_data(hf_private_dataset_repo_zipped_txt_data_, ci_hub_config):
    return hf_private_dataset_repo_zipped_txt_data_


@pytest.fixture(scope="session")
def hf_private_dataset_repo_zipped_img_data_(hf_api, hf_token, zip_image_path):
    with dataset_with_file(hf_api, hf_token, "data.zip", str(zip_image_path), private=True) as repo_id:
        yield repo_id


@pytest.fixture
def hf_private_dataset_repo_zipped_img_data(hf_private_dataset_repo_zipped_img_data_, ci_hub_config):
    return hf_private_dataset_repo_zipped_img_data_
