"""`conftest.py` for the tests that huggingface_hub 0.36 carries in its source distribution.

They are unittest classes that make their repos themselves; all they need is clean caches and one `cache_dir`.
"""

import pytest
from huggingface_hub import constants

CACHE_CONSTANTS = {
    "HF_HOME": "",
    "HF_HUB_CACHE": "hub",
    "HUGGINGFACE_HUB_CACHE": "hub",
    "HF_XET_CACHE": "xet",
    "HF_ASSETS_CACHE": "assets",
    "HF_TOKEN_PATH": "token",
    "HF_STORED_TOKENS_PATH": "stored_tokens",
}


@pytest.fixture(autouse=True)
def fresh_client_state(tmp_path_factory, monkeypatch):
    """Every test starts with empty caches and nobody logged in."""
    home = tmp_path_factory.mktemp("hf-home")
    for name, folder in CACHE_CONSTANTS.items():
        monkeypatch.setattr(constants, name, str(home / folder))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_EXPERIMENTAL_WARNING", True)


@pytest.fixture
def fx_cache_dir(request, tmp_path):
    """Tests ask for it by `usefixtures` and read `self.cache_dir`."""
    request.cls.cache_dir = tmp_path
