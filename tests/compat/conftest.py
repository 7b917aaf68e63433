"""One Holdfast for all compat tests of a worker, and clients bound to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.compat.client import HUB_CLIENTS, Client, read_clients
from tests.live_server import LiveServer, Org, User, live_server

ALICE = User("alice", fullname="Alice Example", admin=True)
BOB = User("bob", fullname="Bob Example")
ORG = Org("acme", owner="alice", fullname="Acme Research")


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("holdfast") / "data", users=[ALICE, BOB], orgs=[ORG]) as server:
        yield server


@pytest.fixture
def alice() -> User:
    return ALICE


@pytest.fixture
def bob() -> User:
    return BOB


@pytest.fixture
def client_of(hub: LiveServer, tmp_path: Path) -> Callable[..., Client]:
    """`client_of("hub-2.4.0")`: Alice with that client, in an empty home."""

    def bind(name: str, *, user: User = ALICE, xet: bool = True) -> Client:
        home = tmp_path / f"home-{user.name}"
        home.mkdir(exist_ok=True)
        return Client.of(name, home, endpoint=hub.url, token=user.token, xet=xet)

    return bind


@pytest.fixture(
    params=[pytest.param(n, marks=() if read_clients()[n].light else pytest.mark.heavy) for n in HUB_CLIENTS]
)
def client_name(request: pytest.FixtureRequest) -> str:
    """Each huggingface_hub of the matrix."""
    name: str = request.param
    return name


@pytest.fixture(params=["xet", "lfs"])
def client(request: pytest.FixtureRequest, client_name: str, client_of: Callable[..., Client]) -> Client:
    """Each huggingface_hub of the matrix, with Xet and with Xet turned off."""
    return client_of(client_name, xet=request.param == "xet")


@pytest.fixture
def new_repo() -> str:
    """The id of a repo of Alice that does not exist yet."""
    return f"{ALICE.name}/repo-{secrets.token_hex(6)}"
