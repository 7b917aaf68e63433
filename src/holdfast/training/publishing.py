"""A model to the Hub, and one answer from there: a run is done when its model has answered a request.

Everything goes the way that people go: huggingface_hub pushes to the endpoint that HF_ENDPOINT names, and the Inference
API is asked over HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from holdfast.base.errors import TrainingFailed
from holdfast.inference import tasks
from holdfast.inference.runtime.libraries import hub_failures, need
from holdfast.training.domain.events import Stage
from holdfast.training.domain.reports import Report
from holdfast.training.full_disk import is_full

_PATIENCE_SECONDS = 120.0
_AGAIN_AFTER_SECONDS = 2.0
_COME_BACK = (429, 503)
_MADE_BY_US = "autotrain/job.yaml"
_OF_MODELS = (
    *("*.safetensors", "*.skops", "*.json", "*.jinja", "*.model", "*.txt", "*.gif", "autotrain/*", "runs/*"),
    ".eval_results/autotrain.yaml",
)
"""What an earlier model of a run left in its repo: beside another kind of model it would be taken for a part of it."""


def publish(report: Report, access_token: str | None, say: Callable[[Stage], None]) -> dict[str, Any]:
    """Push a run's model folder, and ask the deployed model its example.

    Args:
        report: with `spec.output.repo_id`.
        access_token: with the right to write there; None takes the one that the client knows.
        say: hears of each stage.

    Returns:
        `url`, `commit`, and, where it was to be deployed, `answer` and `answer_seconds`.

    Raises:
        TrainingFailed: the Hub refused, or the model did not answer in time; with what it said.
    """
    say(Stage.PUSH)
    output = report.spec.output
    assert output.repo_id is not None
    hub = need("huggingface_hub", "Pushing to the Hub", "training")
    api = hub.HfApi(token=access_token)
    try:
        published = _push(api, report, output.repo_id)
    except hub_failures() as error:
        if is_full(error):  # this machine's disk: the run says so
            raise
        kept = f"The model is made: it lies in {report.folder}."
        raise TrainingFailed(reason=f"The Hub did not take the model: {_said(error)} {kept}") from error
    if output.deploy and output.branch is None:  # what is served is the main branch
        say(Stage.DEPLOY)
        published |= _ask(api, report, output.repo_id)
    return published


def _push(api: Any, report: Report, repo_id: str) -> dict[str, Any]:
    output = report.spec.output
    url = api.create_repo(repo_id, private=output.private, exist_ok=True)
    if output.branch is not None:
        api.create_branch(repo_id, branch=output.branch, exist_ok=True)
    is_ours = api.file_exists(repo_id, _MADE_BY_US, revision=output.branch)
    commit = api.upload_folder(
        repo_id=repo_id,
        folder_path=report.folder,
        commit_message=_message(report),
        revision=output.branch,
        delete_patterns=list(_OF_MODELS) if is_ours else None,
    )
    where = {} if output.branch is None else {"branch": output.branch}
    return {"url": str(url), "commit": commit.oid, **where}


def _message(report: Report) -> str:
    """What the commit says: the model, and which trial it is where somebody chose it."""
    chosen = report.spec.trial
    if chosen is None:
        return f"AutoTrain: {report.artefact.family}"
    return f"AutoTrain: {report.artefact.family}, trial {chosen.number}" + (
        f" of run {chosen.run}" if chosen.run else ""
    )


def _ask(api: Any, report: Report, repo_id: str) -> dict[str, Any]:
    """The model's answer to its example, waiting for it to be loaded."""
    began = time.monotonic()
    body = {"inputs": tasks.wire_value(report.artefact.example), "parameters": {}}
    address = f"{api.endpoint}/models/{repo_id}/pipeline/{report.artefact.task}"
    while True:
        answer = _post(api, address, body)
        if answer.status_code == 200:
            return {"answer": answer.json(), "answer_seconds": round(time.monotonic() - began, 3)}
        if answer.status_code not in _COME_BACK or time.monotonic() - began > _PATIENCE_SECONDS:
            raise TrainingFailed(
                reason=f"The model was pushed, but does not answer: {answer.status_code} {answer.text[:300]}"
            )
        time.sleep(_AGAIN_AFTER_SECONDS)


def _post(api: Any, address: str, body: Mapping[str, Any]) -> Any:
    session = need("huggingface_hub.utils", "Asking the Hub", "training").get_session()
    headers = need("huggingface_hub.utils", "Asking the Hub", "training").build_hf_headers(token=api.token)
    try:
        return session.post(address, json=body, headers=headers, timeout=_PATIENCE_SECONDS)
    except hub_failures() as error:
        raise TrainingFailed(reason=f"The model was pushed, but the Hub does not answer: {_said(error)}") from error


def _said(error: Exception) -> str:
    """What the Hub says, as a sentence; else the error's first line."""
    words = getattr(error, "server_message", None) or str(error).strip() or type(error).__name__
    first = str(words).splitlines()[0][:300]
    return first if first.endswith((".", "!", "?")) else f"{first}."
