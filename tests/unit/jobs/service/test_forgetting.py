from __future__ import annotations

import pytest

from holdfast.backends.runners.protocol import Run
from holdfast.base.errors import NotFound, TooLarge
from holdfast.jobs.domain.jobs import Stage

DAY = 24 * 3600


def test_what_ended_long_ago(shop):
    old, waiting = shop.run(labels={"a": "b"}, secrets={"KEY": "hunter22"}), shop.run()
    shop.dispatcher.tick()
    shop.runner.end(Run(old.id, 1))
    shop.dispatcher.tick()
    shop.clock.advance(89 * DAY)
    assert shop.services.history.forget_old(90) == 0
    shop.clock.advance(2 * DAY)
    assert shop.services.history.forget_old(0) == 0, "for ever"
    assert shop.services.history.forget_old(90) == 1
    with pytest.raises(NotFound):
        shop.now(old)
    assert (old.id, False) in shop.runner.forgotten
    assert shop.now(waiting).stage is Stage.RUNNING
    with shop.database.read() as connection:
        for table in ("job_label", "job_secret"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_a_queue_has_an_end(shop, monkeypatch):
    monkeypatch.setattr("holdfast.jobs.service.submitting.MAX_UNFINISHED", 2)
    first = shop.run()
    shop.run()
    with pytest.raises(TooLarge, match="queue of alice"):
        shop.run()
    shop.run("lab")
    shop.jobs.cancel_job(shop.actor("alice"), "alice", first.id)
    shop.run()
