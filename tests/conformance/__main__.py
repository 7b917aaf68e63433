"""Runs the clients' own tests against a fresh Holdfast: `./dev conformance [--leg A] [-k EXPR]`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.listing import Leg, Listed, Plan, read_lists, read_plan
from tests.conformance.results import MISSING, PASSED, Outcome, dotted, read_report, table
from tests.conformance.unimplemented import unimplemented_server
from tests.conformance.workspace import Workspace, occupied
from tests.live_server import Org, User, live_server

WORKERS = 2
NOBODY_LISTENS = "http://127.0.0.1:9"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that servers and workers end with us
    plan = read_plan()
    options = parse(plan)
    failures = [failure for name in options.leg or plan.legs for failure in run_leg(plan, plan.legs[name], options)]
    if failures:
        print(f"\n{len(failures)} not as expected:\n" + "\n".join(failures))
    sys.exit(1 if failures else 0)


def parse(plan: Plan) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev conformance", description=__doc__)
    parser.add_argument("--leg", action="append", choices=list(plan.legs), help="run only this leg (repeatable)")
    parser.add_argument("-k", metavar="EXPR", help="only tests that match this pytest expression")
    parser.add_argument("--endpoint", help="use this running server, already seeded, instead of a fresh one")
    parser.add_argument("--prefix", default="", help="mount the server below this path, such as /hub")
    parser.add_argument("--baseline", action="store_true", help="answer 501 to everything: every test must fail")
    parser.add_argument("--files", nargs="+", metavar="FILE", help="run these files of the suite instead of the list")
    return parser.parse_args()


def run_leg(plan: Plan, leg: Leg, options: argparse.Namespace) -> list[str]:
    """Run one leg and print its table.

    Returns:
        One line for each test that did not do what it should.
    """
    print(f"\n== leg {leg.name}: {leg.title}", flush=True)
    tests = [test for test in read_lists() if test.suite == leg.suite]
    excluded = {test.node_id: reason for test in tests if (reason := plan.exclusion(leg, test.node_id))}
    wanted = [test.node_id for test in tests if test.node_id not in excluded]
    if not (wanted or options.files):
        return [f"leg {leg.name}: no tests are listed for {leg.suite}"]
    with occupied(leg) as workspace, server(leg, workspace, options) as endpoint:
        outcomes = run_pytest(workspace, endpoint, options.files or wanted, options.k)
    if options.files:
        return [
            f"{name}: {outcome.detail}" for name, outcome in outcomes.items() if outcome.status in ("failed", "error")
        ]
    if options.k:
        tests = [test for test in tests if dotted(test.node_id) in outcomes]
    print(table(tests, outcomes, excluded))
    return unexpected(tests, outcomes, excluded, should_pass=not options.baseline)


@contextlib.contextmanager
def server(leg: Leg, workspace: Workspace, options: argparse.Namespace) -> Iterator[str]:
    """The endpoint to test: the given one, one that can do nothing, or a fresh Holdfast with the leg's accounts."""
    if options.endpoint:
        yield options.endpoint.rstrip("/")
    elif options.baseline:
        with unimplemented_server() as endpoint:
            yield endpoint
    else:
        users = [User(user.name, user.token or "", user.fullname) for user in leg.users]
        orgs = [Org(org.name, org.owner or "", org.fullname, org.private_by_default) for org in leg.orgs]
        mounted = {"HOLDFAST_PATH_PREFIX": options.prefix}
        with live_server(workspace.folder / "data", users=users, orgs=orgs, environment=mounted) as running:
            yield running.url


def run_pytest(workspace: Workspace, endpoint: str, selection: list[str], expression: str | None) -> dict[str, Outcome]:
    """Run the suite's tests in the client's environment and read what became of them."""
    report = workspace.folder / "report.xml"
    chosen = workspace.folder / "selection.txt"
    chosen.write_text("\n".join(selection))
    command = [str(workspace.python), "-m", "pytest", f"@{chosen}", "-n", str(WORKERS), "-q", "--no-header", "-rN"]
    command += [f"--junitxml={report}", *(["-k", expression] if expression else [])]
    log = workspace.folder / "pytest.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=workspace.folder,
            env=client_environment(workspace.folder, endpoint),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait()
        except (KeyboardInterrupt, SystemExit):
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if not report.exists():
        raise RuntimeError(f"pytest wrote no report:\n{log.read_text(errors='replace')[-4000:]}")
    print(log.read_text(errors="replace").strip().splitlines()[-1])
    return read_report(report)


def client_environment(folder: Path, endpoint: str) -> dict[str, str]:
    """Nothing of the caller's Hub configuration, an empty home, the endpoint, and no way to the public site."""
    home = folder / "hf-home"
    shutil.rmtree(home, ignore_errors=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING", "PYTEST"))}
    chosen = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_TOKEN": "", "HF_HUB_DISABLE_UPDATE_CHECK": "1"}
    closed = {"HTTPS_PROXY": NOBODY_LISTENS, "https_proxy": NOBODY_LISTENS, "NO_PROXY": "127.0.0.1"}
    return {**inherited, **chosen, **closed, "DISABLE_SYMLINKS_IN_WINDOWS_TESTS": "1"}


def unexpected(
    tests: list[Listed], outcomes: dict[str, Outcome], excluded: dict[str, str], *, should_pass: bool
) -> list[str]:
    """A skip or an expected failure counts as failure: only what ran and passed has passed."""
    rows = []
    for test in tests:
        outcome = outcomes.get(dotted(test.node_id), Outcome(MISSING))
        surprising = outcome.status == MISSING or (outcome.status == PASSED) != should_pass
        if test.node_id not in excluded and surprising:
            rows.append(f"{test.node_id}: {outcome.status} {outcome.detail}")
    return rows


if __name__ == "__main__":
    main()
