"""How a request's address is read before the router sees it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from starlette.responses import PlainTextResponse

from holdfast.base.errors import RepoMoved
from holdfast.base.identity import ANONYMOUS, Permission
from holdfast.http.application import Application
from holdfast.http.routing import Route, Router
from holdfast.http.urls import UrlPolicy
from tests.asgi import call


class Nobody:
    """An authenticator that knows no one."""

    def authenticate(self, authorization, session):
        return ANONYMOUS


async def say_path(call):
    return PlainTextResponse(call.scope["holdfast.path"])


async def moved(call):
    raise RepoMoved(old_id="a/b", new_id="a/c")


@pytest.fixture
def application():
    routes = (
        Route("GET", "/api/models/{repo}", say_path, Permission.PUBLIC),
        Route("GET", "/{repo}/raw/{rev}/{path}", moved, Permission.PUBLIC),
    )

    def build(prefix):
        return Application(Router(routes), Nobody(), UrlPolicy(None, prefix, False), executor, Event())

    with ThreadPoolExecutor(1) as executor:
        yield build


@pytest.mark.parametrize(
    ("prefix", "target"),
    [
        ("", "/api/models/a/b"),
        ("", "//api/models/a/b"),
        ("/hub", "/hub/api/models/a/b"),
        ("/hub", "/hub//api/models/a/b"),
        ("/hub", "/api/models/a/b"),
    ],
)
def test_prefixes_and_an_endpoint_that_ends_with_a_slash(application, prefix, target):
    answer = call(application(prefix), "GET", target)
    assert (answer.status, answer.body) == (200, b"/api/models/a/b")


def test_a_redirect_stays_on_this_server(application):
    answer = call(application(""), "GET", "//a/b/raw/main/x")
    assert (answer.status, answer.headers["location"]) == (307, "/a/c/raw/main/x")
    assert call(application("/hub"), "GET", "/hub//a/b/raw/main/x").headers["location"] == "/hub//a/c/raw/main/x"
