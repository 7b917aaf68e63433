from __future__ import annotations

import pytest

from holdfast.app.admin.service import REMEMBERED_SECONDS, AdminService
from holdfast.base.clock import now_milliseconds
from holdfast.base.errors import Forbidden, LoginRequired, Overloaded
from holdfast.base.identity import ANONYMOUS, SYSTEM
from holdfast.base.ids import RepoId
from holdfast.ui.administration import NamespaceRoom


class Clock:
    def __init__(self) -> None:
        self.now = now_milliseconds()

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def admin(instance, clock):
    return AdminService(instance.services, clock)


def test_shared_files_are_counted_for_each_repo_and_stored_once(instance, admin):
    first, second = instance.create_repo("first"), instance.create_repo("second")
    for repo in (first, second):
        instance.add_large(repo, "big.bin", b"x" * 1000)
    instance.add_large(first, "other.bin", b"y" * 500)
    report = admin.report_storage(SYSTEM)
    assert (report.in_repos_bytes, report.distinct_bytes, report.distinct_files) == (2500, 1500, 2)
    assert (report.plain_bytes, report.plain_files, report.xet_bytes) == (1500, 2, 0)
    assert (report.stored_bytes, report.saved_bytes) == (1500, 1000)
    assert report.namespaces == [NamespaceRoom("alice", 2, 2500)]
    assert report.database_bytes > 0
    assert 0 < report.free_bytes < report.disk_bytes


def test_a_namespace_with_small_files_only_is_there_too(instance, admin):
    instance.services.accounts.accounts.create_organization(instance.alice, "lab")
    instance.services.repos.lifecycle.create_repo(instance.alice, instance.create_repo().type, RepoId("lab", "tiny"))
    report = admin.report_storage(SYSTEM)
    assert report.namespaces == [NamespaceRoom("alice", 1, 0), NamespaceRoom("lab", 1, 0)]
    assert report.namespace_count == 2


def test_a_report_is_remembered_for_a_minute(instance, admin, clock):
    before = admin.report_storage(SYSTEM)
    instance.add_large(instance.create_repo(), "big.bin", b"x" * 1000)
    assert admin.report_storage(SYSTEM) is before
    clock.now += REMEMBERED_SECONDS * 1000
    assert admin.report_storage(SYSTEM).distinct_files == 1


def test_the_forecast_removes_nothing(instance, admin):
    repo = instance.create_repo()
    sha256 = instance.store(repo, b"x" * 1000)
    kept = instance.add_large(repo, "kept.bin", b"y" * 1000)
    forecast = admin.forecast_garbage(SYSTEM)
    assert (forecast.kept, forecast.deleted, forecast.freed_bytes, forecast.orphaned_repos) == (2, 0, 0, 0)
    assert (instance.read(sha256), instance.read(kept)) == (b"x" * 1000, b"y" * 1000)


def test_one_forecast_at_a_time(admin):
    with admin._forecasting, pytest.raises(Overloaded):
        admin.forecast_garbage(SYSTEM)


def test_the_doctor_looks_at_this_instance(admin, data_dir):
    found = {finding.name: finding for finding in admin.examine(SYSTEM)}
    assert found["database"].state == "ok"
    assert str(data_dir) in found["data directory"].finding


def test_only_site_admins_look(instance, admin):
    for look in (admin.report_storage, admin.forecast_garbage, admin.examine):
        with pytest.raises(Forbidden):
            look(instance.alice)
        with pytest.raises(LoginRequired):
            look(ANONYMOUS)
