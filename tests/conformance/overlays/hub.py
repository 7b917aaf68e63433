"""`conftest.py` for the tests that huggingface_hub 1.x and 2.x carry in their source distributions.

The distributions leave their own conftest out. This one gives the tests what they ask for by name (`api`,
`repo_factory`, `new_repo_id`, ...) and the meaning of their markers, against the server named by HF_ENDPOINT.
"""

import contextlib
import os

import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.cli._output import out
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import _auth, _detect_agent

from .testing_constants import ENDPOINT_PRODUCTION, ENDPOINT_STAGING, TOKEN, USER
from .testing_utils import repo_name

try:
    import hf_xet  # noqa: F401
except ImportError:
    XET_INSTALLED = False
else:
    XET_INSTALLED = True

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
    """Every test starts with empty caches, nobody logged in, plain terminal output and no agent detected."""
    home = tmp_path_factory.mktemp("hf-home")
    for name, folder in CACHE_CONSTANTS.items():
        monkeypatch.setattr(constants, name, str(home / folder))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_EXPERIMENTAL_WARNING", True)
    monkeypatch.setattr(_auth, "_OAUTH_REFRESH_CACHE", None)
    monkeypatch.setattr(_auth, "_OAUTH_REFRESH_WARNED", False)
    monkeypatch.setattr(_detect_agent, "_registry", {"standardEnvVars": [], "harnesses": {}})
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    out.set_mode()
    out.set_no_truncate(False)


@pytest.fixture(autouse=True)
def markers_mean_something(request, monkeypatch):
    """`xet` and `no_xet` choose the transfer, `production` and `git_lfs` need what is not here."""
    wants = {name: request.node.get_closest_marker(name) for name in ("xet", "no_xet", "production", "git_lfs")}
    if wants["xet"] and not XET_INSTALLED:
        pytest.skip("needs hf_xet")
    if wants["no_xet"] and XET_INSTALLED:
        pytest.skip("must run without hf_xet")
    if wants["production"]:
        pytest.skip("needs the public site")
    if wants["git_lfs"] and os.environ.get("RUN_GIT_LFS_TESTS") != "1":
        pytest.skip("RUN_GIT_LFS_TESTS=1 turns this on")
    if wants["xet"]:
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
        monkeypatch.delenv("HF_HUB_DISABLE_XET", raising=False)


@pytest.fixture(autouse=True)
def announced_deprecations(request):
    """`@pytest.mark.deprecated("f")` promises a FutureWarning that names `f`."""
    with contextlib.ExitStack() as stack:
        for marker in request.node.iter_markers("deprecated"):
            for function in marker.args:
                stack.enter_context(pytest.warns(FutureWarning, match=f"'{function}'"))
        yield


@pytest.fixture(scope="session")
def api():
    return HfApi(endpoint=ENDPOINT_STAGING, token=TOKEN)


@pytest.fixture(scope="session")
def api_prod():
    return HfApi(endpoint=ENDPOINT_PRODUCTION)


class RepoFactory:
    """Creates repos and remembers how to delete each of them; tests also use the name as a type."""

    def __init__(self, api):
        self._api = api
        self._created = []

    def __call__(self, repo_type="model", *, repo_id=None, token=None, **options):
        if repo_type == "space":
            options.setdefault("space_sdk", "gradio")
        repo_id = repo_id or repo_name(prefix=repo_type)
        url = self._api.create_repo(repo_id, repo_type=repo_type, token=token, **options)
        self._created.append((url.repo_id, repo_type, token))
        return url

    def delete_all(self):
        for repo_id, repo_type, token in self._created:
            with contextlib.suppress(HfHubHTTPError):  # the test may have moved or deleted it
                self._api.delete_repo(repo_id, repo_type=repo_type, token=token, missing_ok=True)


@pytest.fixture
def repo_factory(api):
    factory = RepoFactory(api)
    yield factory
    factory.delete_all()


@pytest.fixture
def new_repo_id(api):
    """The id of a repo that does not exist yet; deleted afterwards if the test made it."""
    repo_id = f"{USER}/{repo_name()}"
    yield repo_id
    api.delete_repo(repo_id, missing_ok=True)
