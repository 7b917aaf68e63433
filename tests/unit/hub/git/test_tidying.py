from __future__ import annotations

import threading

from holdfast.hub.git.tidying import Tidier
from holdfast.hub.repos.git_storage import maintenance


def packs(hub, repo):
    return [*hub.repos.pool.path(repo.key).glob("objects/pack/*.pack")]


def test_packs_are_rolled_up_once_they_are_many(hub, work, monkeypatch):
    repo = hub.create()
    target = str(hub.repos.pool.path(repo.key))
    for number in range(5):
        work.commit({"a.txt": b"%d" % number})
        work.git("push", "-q", "-f", "--receive-pack=git -c receive.unpackLimit=1 receive-pack", target, "main")
    tidier = Tidier(hub.repos.pool)
    tidier._tidy(repo.key)
    assert len(packs(hub, repo)) == 5
    monkeypatch.setattr(maintenance, "MAX_PACKS", 4)
    tidier._tidy(repo.key)
    assert len(packs(hub, repo)) < 5
    tidier.close()


def test_many_suggestions_are_one_piece_of_work(hub, monkeypatch):
    asked = []
    monkeypatch.setattr("holdfast.hub.git.tidying.needs_maintenance", lambda pool, key: asked.append(key))
    tidier, busy = Tidier(hub.repos.pool), threading.Event()
    tidier._thread.submit(busy.wait)
    for key in (1, 2, 1, 1, 2):
        tidier.suggest(key)
    tidier._thread.submit(tidier.suggest, 1)  # once it is done, it may be suggested again
    busy.set()
    tidier._thread.submit(lambda: None).result(timeout=10)
    tidier._thread.submit(lambda: None).result(timeout=10)
    assert asked == [1, 2, 1]
    tidier.close()


def test_repos_that_are_gone_do_no_harm(hub, monkeypatch, caplog):
    monkeypatch.setattr("holdfast.hub.git.tidying.needs_maintenance", lambda pool, key: True)
    tidier = Tidier(hub.repos.pool)
    tidier._tidy(999)
    assert "could not tidy repo 999" in caplog.text
    tidier.close()
