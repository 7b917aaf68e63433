"""Every route × everybody × every kind of repo. A route without a sample request fails here: declare it.

What a caller deserves follows from the permission that the route declares and from the caller's standing; the two are
stated here once more and independently of `accounts.permissions`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from holdfast.accounts.domain import OrgRole
from holdfast.app.pages import open_site
from holdfast.app.routes import all_routes
from holdfast.app.server import create_application
from holdfast.app.services import Services, open_services
from holdfast.base.identity import SYSTEM, Actor, Grant, Permission, TokenRole
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.settings import Settings
from holdfast.http.routing import Route
from holdfast.hub.buckets.domain import EMPTY_HASH, Put
from holdfast.hub.repos.domain import AddFile, CommitHeader, Gating
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.jobs.domain.jobs import JobSpec
from tests.asgi import Answer, call
from tests.end_to_end.samples import SAMPLES, Sample, route_name

MODEL = RepoType.MODEL
REPO_PERMISSIONS = {
    Permission.SEE_REPO,
    Permission.READ_REPO,
    Permission.DISCUSS_REPO,
    Permission.WRITE_REPO,
    Permission.ADMIN_REPO,
}
KINDS = ("public", "private", "gated")


@dataclass(frozen=True)
class Caller:
    """Somebody, with the repo permissions that they have inside `lab`, whatever the repo's kind."""

    name: str
    token: str | None
    inside: frozenset[Permission]
    may_discuss: bool = True
    is_site_admin: bool = False
    may_write_own: bool = True
    may_run_jobs: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}

    @property
    def is_insider(self) -> bool:
        return bool(self.inside)


@dataclass
class World:
    """A running Hub with an organization `lab`, its members, and outsiders."""

    services: Services
    app: object
    owner: Actor
    callers: list[Caller]
    count: int = 0
    kept: dict[str, str] = field(default_factory=dict)

    def kept_repo(self, kind: str) -> str:
        """The one repo of a kind for all requests that change nothing: most of a test's time goes into making one."""
        if kind not in self.kept:
            self.kept[kind] = self.repo(kind)
        return self.kept[kind]

    def repo(self, kind: str) -> str:
        self.count += 1
        repo_id = RepoId("lab", f"{kind}-{self.count}")
        self.services.repos.lifecycle.create_repo(self.owner, MODEL, repo_id, private=kind == "private")
        self.services.buckets.lifecycle.create_bucket(self.owner, repo_id, private=kind == "private")
        self.services.buckets.changes.change_files(self.owner, repo_id, [Put("file.txt", EMPTY_HASH)])
        self.services.repos.commits.create_commit(
            self.owner, MODEL, repo_id, "main", CommitHeader("add", "", None), [AddFile("file.txt", b"text")]
        )
        self.services.repos.commits.create_commit(
            self.owner, MODEL, repo_id, "main", CommitHeader("pr", "", None), [AddFile("pr.txt", b"x")], create_pr=True
        )
        for branch in ("spare",):
            self.services.repos.branches.create_branch(self.owner, MODEL, repo_id, branch, None)
        self.services.repos.branches.create_tag(self.owner, MODEL, repo_id, "main", "v0", None)
        if kind == "gated":
            self.services.repos.lifecycle.update_settings(
                self.owner, MODEL, repo_id, SettingsChange(gated=Gating.MANUAL)
            )
        return str(repo_id)

    def job(self) -> str:
        """The id of a job of the organization, which has ended."""
        spec = JobSpec("test", ("true",))
        job = self.services.jobs.jobs.run_job(self.owner, "lab", spec)
        return self.services.jobs.jobs.cancel_job(self.owner, "lab", job.id).id

    def schedule(self) -> str:
        """The id of a schedule of the organization."""
        spec = JobSpec("test", ("true",))
        return self.services.jobs.schedules.create_schedule(self.owner, "lab", "@yearly", spec).id


LADDER = [
    Permission.SEE_REPO,
    Permission.READ_REPO,
    Permission.DISCUSS_REPO,
    Permission.WRITE_REPO,
    Permission.ADMIN_REPO,
]


def up_to(permission: Permission) -> frozenset[Permission]:
    return frozenset(LADDER[: LADDER.index(permission) + 1])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    services = open_services(Settings(data_dir=tmp_path_factory.mktemp("data")))
    accounts = services.accounts
    ids: dict[str, int] = {}
    for name in ("stranger", "reader", "contributor", "writer", "orgadmin", "root", "owner", "otheradmin", "outsider"):
        ids[name] = accounts.accounts.create_user(SYSTEM, name, is_site_admin=name == "root").id
    accounts.accounts.create_organization(SYSTEM, "lab", owner="owner")
    accounts.accounts.create_organization(SYSTEM, "elsewhere", owner="otheradmin")
    for name, role in (
        ("reader", OrgRole.READ),
        ("contributor", OrgRole.CONTRIBUTOR),
        ("writer", OrgRole.WRITE),
        ("orgadmin", OrgRole.ADMIN),
    ):
        accounts.accounts.set_member(SYSTEM, "lab", name, role)

    def token(user: str, role: TokenRole = TokenRole.WRITE, *grants: Grant) -> str:
        issued = accounts.tokens.create_access_token(SYSTEM, f"t{len(ids)}", role, username=user, grants=grants)
        ids[issued.secret] = 0
        return issued.secret

    everything = frozenset(LADDER)
    on_lab = Grant("lab", frozenset({Permission.WRITE_REPO}))
    on_elsewhere = Grant("elsewhere", frozenset({Permission.WRITE_REPO}))
    callers = [
        Caller("anonymous", None, frozenset(), may_discuss=False, may_write_own=False),
        Caller("stranger", token("stranger"), frozenset()),
        Caller("admin of another organization", token("otheradmin"), frozenset()),
        Caller("reader", token("reader"), up_to(Permission.DISCUSS_REPO)),
        Caller("contributor", token("contributor"), up_to(Permission.DISCUSS_REPO), may_run_jobs=True),
        Caller("writer", token("writer"), everything, may_run_jobs=True),
        Caller("organization admin", token("orgadmin"), everything, may_run_jobs=True),
        Caller("site admin", token("root"), everything, is_site_admin=True, may_run_jobs=True),
        Caller(
            "writer with a read token",
            token("writer", TokenRole.READ),
            up_to(Permission.READ_REPO),
            may_discuss=False,
            may_write_own=False,
        ),
        Caller(
            "writer with a token for this organization",
            token("writer", TokenRole.FINE_GRAINED, on_lab),
            up_to(Permission.WRITE_REPO),
            may_write_own=False,
            may_run_jobs=True,
        ),
        Caller(
            "writer with a token for another organization",
            token("writer", TokenRole.FINE_GRAINED, on_elsewhere),
            frozenset(),
            may_discuss=False,
            may_write_own=False,
        ),
    ]
    owner = Actor(user_id=ids["owner"], username="owner")
    app = create_application(services)
    yield World(services, app, owner, callers)
    services.database.close()


def expected_refusal(caller: Caller, kind: str, permission: Permission) -> tuple[int, str] | None:
    """Status and code (`A|B`: either) that the caller must get, or None when the request must be let through."""
    anonymous = caller.token is None
    if kind == "private" and not caller.is_insider:
        return (401 if anonymous else 404), "RepoNotFound"
    if permission is Permission.SEE_REPO or permission in caller.inside:
        return None
    if permission is not Permission.READ_REPO and anonymous:
        return 401, "LoginRequired"
    if permission in (Permission.READ_REPO, Permission.DISCUSS_REPO) and kind == "gated" and not caller.is_insider:
        return (401 if anonymous else 403), "GatedRepo"
    if permission is Permission.READ_REPO or (permission is Permission.DISCUSS_REPO and caller.may_discuss):
        return None
    return 403, "Forbidden|GatedRepo" if kind == "gated" and not caller.is_insider else "Forbidden"


def routes(tmp_path: Path) -> list[Route]:
    services = open_services(Settings(data_dir=tmp_path / "routes"))
    try:
        return list(all_routes(services, open_site(services)))
    finally:
        services.database.close()


def is_refusal(route: Route) -> bool:
    """A route that only says that its feature is not served."""
    return route.endpoint.__name__ == "refuse"


def test_every_route_has_a_sample(tmp_path: Path):
    names = {route_name(route) for route in routes(tmp_path) if not is_refusal(route)}
    assert names - SAMPLES.keys() == set()
    assert SAMPLES.keys() - names == set()


def changes_things(name: str, sample: Sample) -> bool:
    return not name.startswith("GET ") and sample.permission not in (Permission.SEE_REPO, Permission.READ_REPO)


def mentions_repo(name: str, sample: Sample) -> bool:
    pattern = name.partition(" ")[2]
    one, other = ((sample.body(repo), sample.target(pattern, repo)) for repo in ("lab/one", "lab/other"))
    return one != other


def send(world: World, caller: Caller, name: str, sample: Sample, repo: str) -> Answer:
    method, _, pattern = name.partition(" ")
    body = sample.body(repo)
    headers = caller.headers | {"content-type": sample.content_type, "x-request-id": "same"}
    target = sample.target(pattern, repo)
    for word, make in (("{job}", world.job), ("{schedule}", world.schedule)):
        target = target.replace(word, make()) if word in target else target
    return call(world.app, method, target, headers, body)


def is_refused(answer: Answer, status: int) -> bool:
    """Pages send whoever only has to log in there."""
    sent_to_log_in = answer.status == 303 and answer.code == "LoginRequired"
    return answer.status == status or (sent_to_log_in and "/login?next=" in answer.headers["location"])


def named(name: str, body: bytes, old_name: str) -> bytes:
    """The body with another repo's name, also where it stands in an address."""
    for encode in (str.encode, lambda text: text.replace("/", "%2F").encode()):
        body = body.replace(encode(old_name), encode(name))
    return body


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name, sample in sorted(SAMPLES.items())
        for kind in KINDS
        if sample.permission in REPO_PERMISSIONS and not (kind == "gated" and "{bucket}" in name)
    ],
)
def test_repo_routes(world: World, name: str, kind: str):
    sample = SAMPLES[name]
    # Who changes something gets a repo of their own below: then only those who are refused get this one.
    is_kept = name.startswith("GET ") or changes_things(name, sample)
    shared = world.kept_repo(kind) if is_kept else world.repo(kind)
    for caller in world.callers:
        refusal = expected_refusal(caller, kind, sample.permission)
        if refusal is not None:
            answer = send(world, caller, name, sample, shared)
            assert is_refused(answer, refusal[0]), (caller.name, answer.status, answer.body[:300])
            assert answer.code in refusal[1].split("|"), (caller.name, answer.body[:300])
            continue
        repo = world.repo(kind) if changes_things(name, sample) else shared
        answer = send(world, caller, name, sample, repo)
        assert answer.status in sample.success, (caller.name, answer.status, answer.body[:300])


@pytest.mark.parametrize(
    "name", sorted(name for name, sample in SAMPLES.items() if sample.permission in REPO_PERMISSIONS)
)
def test_a_private_repo_cannot_be_told_from_an_absent_one(world: World, name: str):
    sample = SAMPLES[name]
    private = world.kept_repo("private")
    absent = re.sub(r"\d", "0", private)  # as long: pages hold the address, and tell their own length
    for caller in world.callers:
        if caller.is_insider:
            continue
        hidden = send(world, caller, name, sample, private)
        nothing = send(world, caller, name, sample, absent)
        assert hidden.status == nothing.status, caller.name
        assert named(absent, hidden.body, private) == nothing.body, caller.name
        ignored = {"date"}
        assert {k: v for k, v in hidden.headers.items() if k not in ignored} == {
            k: v for k, v in nothing.headers.items() if k not in ignored
        }, caller.name


@pytest.mark.parametrize(
    "name", sorted(name for name, sample in SAMPLES.items() if sample.permission not in REPO_PERMISSIONS)
)
def test_other_routes(world: World, name: str):
    sample = SAMPLES[name]
    repo = world.repo("public") if mentions_repo(name, sample) else world.kept_repo("public")
    for caller in world.callers:
        answer = send(world, caller, name, sample, repo)
        refusal = _account_refusal(caller, sample.permission, others="id" in sample.words)
        if refusal is not None:
            assert is_refused(answer, refusal[0]), (caller.name, answer.status, answer.body[:300])
            assert answer.code in refusal[1].split("|"), (caller.name, answer.body[:300])
        else:
            assert answer.status in sample.success, (caller.name, answer.status, answer.body[:300])


def _account_refusal(caller: Caller, permission: Permission, *, others: bool) -> tuple[int, str] | None:
    """`others`: what the request is about was made by somebody else."""
    if permission in (Permission.PUBLIC, Permission.SIGNED):
        return None
    if caller.token is None:
        return 401, "LoginRequired"
    if permission is Permission.LOGIN:
        return None
    if permission in (Permission.SEE_JOBS, Permission.RUN_JOBS):
        return _jobs_refusal(caller, permission, others=others)
    if permission is Permission.OWN_ACCOUNT:
        return 403, "Forbidden"  # every caller here has an access token
    if permission is Permission.WRITE_OWN:
        return None if caller.may_write_own else (403, "Forbidden")
    if permission is Permission.ADMIN_ORG and caller.name == "organization admin":
        return None
    return None if caller.is_site_admin else (403, "Forbidden")


def _jobs_refusal(caller: Caller, permission: Permission, *, others: bool) -> tuple[int, str] | None:
    if not caller.is_insider:
        return 404, "NotFound"
    may_change = caller.may_run_jobs and not (others and caller.name == "contributor")
    return None if permission is Permission.SEE_JOBS or may_change else (403, "Forbidden")


def test_the_declared_permission_is_the_sample_s(tmp_path: Path):
    declared = {route_name(route): route.permission for route in routes(tmp_path) if not is_refusal(route)}
    for name, sample in SAMPLES.items():
        if sample.declared is None:
            assert declared[name] is sample.permission, name


def test_samples_are_json_where_they_say_so():
    for sample in SAMPLES.values():
        if sample.content_type == "application/json":
            json.loads(sample.body("a/b") or b"{}")
