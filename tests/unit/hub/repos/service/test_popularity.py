"""Likes, downloads, and what is trending."""

from __future__ import annotations

import pytest

from holdfast.base.errors import Forbidden, LoginRequired, RepoNotFound, StorageFull
from holdfast.base.identity import ANONYMOUS, TokenRole
from holdfast.base.ids import RepoId
from holdfast.hub.repos.service import downloads
from holdfast.hub.repos.service.downloads import DAY_MILLISECONDS, WINDOW_MILLISECONDS
from holdfast.hub.repos.store import repos, trending
from tests.factories.hub import MODEL, Hub, with_token


def current(hub: Hub, name: str = "alice/m"):
    with hub.database.read() as connection:
        return repos.find_repo(connection, MODEL, RepoId.parse(name))


def test_liking_twice_counts_once(hub: Hub):
    repo = hub.create()
    for _ in range(2):
        hub.repos.likes.like(hub.bob, MODEL, repo.id, liked=True)
    assert current(hub).likes == 1
    assert [user.name for user in hub.repos.likes.list_likers(hub.alice, MODEL, repo.id, after=0, limit=10)] == ["bob"]
    hub.repos.likes.like(hub.bob, MODEL, repo.id, liked=False)
    assert current(hub).likes == 0


def test_who_may_like(hub: Hub):
    repo = hub.create(private=True)
    with pytest.raises(RepoNotFound):
        hub.repos.likes.like(hub.bob, MODEL, repo.id, liked=True)
    public = hub.create("alice/open")
    with pytest.raises(LoginRequired):
        hub.repos.likes.like(ANONYMOUS, MODEL, public.id, liked=True)
    with pytest.raises(Forbidden):
        hub.repos.likes.like(with_token(hub.bob, TokenRole.READ), MODEL, public.id, liked=True)


def test_the_newest_likes_are_listed_first(hub: Hub):
    for name in ("bob/first", "bob/second", "bob/third"):
        hub.repos.likes.like(hub.alice, MODEL, hub.create(name).id, liked=True)
    hub.create("bob/hidden", private=True)
    listed = [str(item.repo.id) for item in hub.repos.likes.list_liked(ANONYMOUS, "alice", 2)]
    assert listed == ["bob/third", "bob/second"]


def test_likes_of_a_repo_that_became_private_are_not_shown(hub: Hub):
    repo = hub.create("bob/m")
    hub.repos.likes.like(hub.alice, MODEL, repo.id, liked=True)
    assert [str(item.repo.id) for item in hub.repos.likes.list_liked(ANONYMOUS, "alice")] == ["bob/m"]
    with hub.database.write() as connection:
        repos.update_repo(connection, repo.key, private=True)
    assert hub.repos.likes.list_liked(ANONYMOUS, "alice") == []


def test_a_client_counts_once_in_five_minutes(hub: Hub):
    repo = hub.create()
    downloads = hub.repos.downloads
    for _ in range(20):
        downloads.count(repo.key, "10.0.0.1", None)
    downloads.count(repo.key, "10.0.0.2", None)
    downloads.count(repo.key, "10.0.0.1", hub.bob.user_id)
    downloads.flush()
    assert current(hub).downloads == 3
    hub.clock.now += WINDOW_MILLISECONDS
    downloads.count(repo.key, "10.0.0.1", None)
    downloads.flush()
    assert (current(hub).downloads, current(hub).downloads_all_time) == (4, 4)


def test_downloads_of_a_deleted_repo_are_dropped(hub: Hub):
    repo = hub.create()
    hub.repos.downloads.count(repo.key, "10.0.0.1", None)
    hub.repos.lifecycle.delete_repo(hub.alice, MODEL, repo.id)
    hub.repos.downloads.flush()


def test_scores_and_recent_counts_fade(hub: Hub):
    repo = hub.create()
    hub.repos.likes.like(hub.bob, MODEL, repo.id, liked=True)
    for number in range(5):
        hub.repos.downloads.count(repo.key, f"10.0.0.{number}", None)
    hub.repos.downloads.flush()
    assert current(hub).trending_score == pytest.approx(1.5)
    hub.clock.now += 8 * DAY_MILLISECONDS
    hub.repos.downloads.forget_old_days()
    assert current(hub).trending_score == 0
    assert current(hub).downloads == 5
    hub.clock.now += 30 * DAY_MILLISECONDS
    hub.repos.downloads.forget_old_days()
    assert (current(hub).downloads, current(hub).downloads_all_time, current(hub).likes) == (0, 5, 1)


def test_counts_wait_for_a_disk_with_room(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()
    counter = hub.repos.downloads
    counter.count(repo.key, "10.0.0.1", None)

    def full(*_: object, **__: object) -> None:
        raise StorageFull

    with monkeypatch.context() as patch:
        patch.setattr("holdfast.hub.repos.store.downloads.add", full)
        with pytest.raises(StorageFull):
            counter.flush()
    counter.flush()
    assert current(hub).downloads == 1


def test_clients_are_not_remembered_without_end(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()
    monkeypatch.setattr(downloads, "MAX_REMEMBERED_CLIENTS", 10)
    for number in range(100):
        hub.repos.downloads.count(repo.key, f"10.0.0.{number}", None)
    assert len(hub.repos.downloads._seen) <= 10
    hub.repos.downloads.flush()
    assert current(hub).downloads == 100


def test_any_number_of_repos_trends(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trending, "_BATCH", 2)
    created = [hub.create(f"alice/m{number}") for number in range(5)]
    for repo in created:
        hub.repos.likes.like(hub.bob, MODEL, repo.id, liked=True)
    with hub.database.write() as connection:
        trending.refresh(connection, [repo.key for repo in created], hub.clock())
    assert [current(hub, str(repo.id)).trending_score for repo in created] == [1.0] * 5
