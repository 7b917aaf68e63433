"""Another trial of a finished run as the model: of a run in a folder here, or of one of a server."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput, TrainingFailed
from holdfast.inference.runtime.libraries import hub_failures, need
from holdfast.training.domain.events import Listener, silence
from holdfast.training.domain.runs import REPORT_FILE, Target
from holdfast.training.domain.spec_files import spec_of
from holdfast.training.domain.specification import Output
from holdfast.training.running import train
from holdfast.training.search.choosing import chosen_of

_LOOK_EVERY_SECONDS = 2.0
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Deployed:
    """A trial that is the model now.

    Args:
        model: its repo, or the folder where it lies.
        scores: on the sealed rows, by metric.
        published: where it was pushed and what it answered; None where it stays here.
    """

    model: str
    scores: Mapping[str, float]
    published: Mapping[str, Any] | None


def deploy_trial(
    run: str | Path,
    trial: int,
    *,
    push: str | None = None,
    branch: str | None = None,
    listener: Listener = silence,
    access_token: str | None = None,
    say: Callable[[str], None] = lambda _sentence: None,
) -> Deployed:
    """Make a trial of a finished run the model: fit it again, judge it by the sealed rows, push it, see it answer.

        deploy_trial("alice/65a1b2c3d4e5f60718293a4b", 3)
        deploy_trial("runs/churn", 3, push="alice/churn", branch="small")

    Args:
        run: its folder here, or `namespace/id` of one of the server that HF_ENDPOINT names.
        trial: its number on the board.
        push: a repo; None means the repo of the run.
        branch: of that repo; None means the main branch, which is the one that is served.
        listener: hears what happens, where it happens here.
        access_token: of the Hub; None takes the one that its client knows.
        say: takes a sentence for people now and then.

    Raises:
        InvalidInput: no such run, or a trial that came to no score.
        TrainingFailed: the server refused, or no model came of it, with the reason.
    """
    if Path(run).is_dir():
        return _here(Path(run), trial, Output(repo_id=push, branch=branch), listener, access_token)
    namespace, mark, run_id = str(run).partition("/")
    if not mark or not run_id.isalnum():
        raise InvalidInput(field="run", problem="must be the folder of a run, or namespace/id of one of a server")
    return _there(f"{namespace}/{run_id}", namespace, trial, Target(push, branch), access_token, say)


def _here(folder: Path, trial: int, wanted: Output, listener: Listener, access_token: str | None) -> Deployed:
    path = folder / REPORT_FILE
    if not path.exists():
        raise InvalidInput(field="run", problem=f"has not finished: there is no {path}")
    report = json.loads(path.read_text(encoding="utf-8"))
    done = spec_of(report["spec"])
    repo_id = wanted.repo_id or done.output.repo_id
    output = replace(done.output, folder=None, repo_id=repo_id, branch=wanted.branch)
    spec = replace(done, trial=chosen_of(report["trials"], trial), output=output)
    place = folder / "deployed"
    place.mkdir(exist_ok=True)
    made = train(spec, listener, Path(tempfile.mkdtemp(prefix=f"{trial:04d}-", dir=place)), access_token=access_token)
    return Deployed(repo_id or str(made.folder), made.judgement.scores, made.published)


def _there(
    run: str, namespace: str, trial: int, target: Target, access_token: str | None, say: Callable[[str], None]
) -> Deployed:
    server = _Server(access_token)
    wanted = {"repo_id": target.repo_id, "branch": target.branch}
    job = server.call(f"/api/training/{run}/trials/{trial}/deploy", {key: one for key, one in wanted.items() if one})
    say(f"Run {namespace}/{job['id']} makes trial {trial} the model.")
    while (found := server.call(f"/api/training/{namespace}/{job['id']}"))["job"]["status"]["stage"] in _GOING:
        time.sleep(_LOOK_EVERY_SECONDS)
    report = found["report"]
    if found["job"]["status"]["stage"] != "COMPLETED" or report is None:
        reason = found["job"]["status"].get("message") or found["job"]["status"]["stage"].lower()
        raise TrainingFailed(reason=f"Trial {trial} was not deployed: {reason}")
    return Deployed(report["spec"]["output"]["repo_id"], report["scores"], report["published"])


_GOING = ("SCHEDULING", "RUNNING")


class _Server:
    """The server that HF_ENDPOINT names, asked as huggingface_hub asks it."""

    def __init__(self, access_token: str | None) -> None:
        self._hub = need("huggingface_hub", "Asking the server", "training")
        self._api = self._hub.HfApi(token=access_token)

    def call(self, path: str, payload: Mapping[str, Any] | None = None) -> Any:
        """GET, or POST where there is a payload.

        Raises:
            TrainingFailed: it refused or does not answer; with what it said.
        """
        tools = need("huggingface_hub.utils", "Asking the server", "training")
        method, headers = "GET" if payload is None else "POST", tools.build_hf_headers(token=self._api.token)
        try:
            answer = tools.get_session().request(
                method, self._api.endpoint + path, json=payload, headers=headers, timeout=_PATIENCE_SECONDS
            )
            tools.hf_raise_for_status(answer)
        except hub_failures() as error:
            raise TrainingFailed(reason=f"The server says: {_said(error)}") from error
        return answer.json()


def _said(error: Exception) -> str:
    return (getattr(error, "server_message", None) or str(error).strip() or type(error).__name__)[:300]
