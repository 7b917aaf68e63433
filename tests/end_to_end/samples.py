"""One well-formed request for every route: what a caller with the right sends."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from holdfast.base.identity import Permission
from holdfast.http.routing import Route

COMMIT = '{"key":"header","value":{"summary":"s","description":""}}\n'
FORM = "application/x-www-form-urlencoded"
NOWHERE = "0" * 64
UPLOAD = (
    '--border\r\nContent-Disposition: form-data; name="target"\r\n\r\npull\r\n'
    '--border\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\ntext\r\n--border--\r\n'
)
WORDS = {
    "types": "models",
    "prefix": "",
    "rev": "main",
    "path": "file.txt",
    "branch": "spare",
    "spec": "main..main",
    "status": "pending",
    "num": "1",
    "user": "reader",
    "username": "reader",
    "org": "lab",
    "id": "1",
    "epoch": "1",
    "hash": NOWHERE,
    "namespace": "default",
    "word": "x.y.z",
    "number": "1",
    "lock": "1",
    "task": "text-classification",
}


@dataclass(frozen=True)
class Sample:
    """A request. `{repo}` in texts becomes the repo's id; every repo has a bucket of its name beside it.

    Args:
        permission: what the route's service asks for.
        success: statuses that count as let through.
        declared: set where the route declares another permission than this sample needs, and why.
    """

    permission: Permission
    payload: Any = None
    words: dict[str, str] = field(default_factory=dict)
    query: str = ""
    success: tuple[int, ...] = (200,)
    content_type: str = "application/json"
    declared: str | None = None

    def body(self, repo: str) -> bytes:
        if self.payload is None:
            return b""
        text = self.payload if isinstance(self.payload, str) else json.dumps(self.payload)
        name = repo.partition("/")[2]
        return text.replace("{repo}", repo).replace("{name}", name).encode()

    def target(self, pattern: str, repo: str) -> str:
        words = WORDS | {"repo": repo, "bucket": repo} | self.words
        path = re.sub(r"\{(\w+)\}", lambda match: words[match[1]], pattern)
        return f"{path}?{self.query}" if self.query else path


def route_name(route: Route) -> str:
    """How samples name a route."""
    return f"{route.method} {route.pattern}"


_see, _read, _discuss = Permission.SEE_REPO, Permission.READ_REPO, Permission.DISCUSS_REPO
_write, _admin = Permission.WRITE_REPO, Permission.ADMIN_REPO
_public, _login, _own = Permission.PUBLIC, Permission.LOGIN, Permission.WRITE_OWN
_account, _signed = Permission.OWN_ACCOUNT, Permission.SIGNED
_site, _org = Permission.SITE_ADMIN, Permission.ADMIN_ORG
_ORG = "/organizations/{org}/settings"
_ADMIN_PAGES = ("", "/users", "/storage", "/storage/garbage", "/audit", "/doctor", "/settings")
_REPO = "/api/{types}/{repo}"
_REQUESTS = f"{_REPO}/user-access-request"
_PAGE = "/{prefix}{repo}"
_BY_AUTHOR = "who opened a discussion may, without writing to the repo"

_UNSIGNED = Sample(_signed, {}, success=(401, 403, 404))
"""Signed routes let nobody in by who they are; nothing of theirs works without the signature."""
_CAS = [
    ("GET", "fetch/{hash}"),
    *(("GET", tail) for tail in ("v2/reconstructions/{hash}", "v1/reconstructions/{hash}", "reconstructions/{hash}")),
    *(("GET", tail) for tail in ("reconstruction/{hash}", "v1/reconstructions", "reconstructions")),
    *(("GET", f"{tail}/{{namespace}}/{{hash}}") for tail in ("v1/chunks", "chunks", "chunk")),
    ("HEAD", "v1/files/{hash}"),
    *(
        (method, f"{tail}/{{namespace}}/{{hash}}")
        for method in ("POST", "HEAD")
        for tail in ("v1/xorbs", "xorbs", "xorb")
    ),
    *(("POST", tail) for tail in ("v2/shards", "v1/shards", "shards")),
    *((method, "shard/{namespace}/{hash}") for method in ("POST", "PUT")),
]
_LFS = {
    ("POST", "objects/batch"): Sample(_read, {"operation": "download", "objects": []}),
    ("POST", "locks"): Sample(_write, {"path": "file.txt"}, success=(201,)),
    ("GET", "locks"): Sample(_read),
    ("POST", "locks/verify"): Sample(_write, {}),
    ("POST", "locks/{lock}/unlock"): Sample(_write, {}, success=(404,)),
}

_LET_THROUGH = (200, 400, 422, 501)
"""The repo holds no model: who may ask is told so, or that nothing here can run models."""
_MODEL_BASES = ("/models/{repo}", "/hf-inference/models/{repo}")
_TEXT = {"model": "{repo}", "inputs": "a text"}
_QUESTIONS = {
    "v1/chat/completions": {"model": "{repo}", "messages": [{"role": "user", "content": "hello"}]},
    "v1/audio/speech": {"model": "{repo}", "input": "hello", "voice": "any"},
    "v1/responses": {"model": "{repo}", "input": "hello"},
    "v1/images/generations": {"model": "{repo}", "prompt": "a cat"},
    "v1/completions": {"model": "{repo}", "prompt": "hello"},
    "v1/embeddings": {"model": "{repo}", "input": "hello"},
    "embed": _TEXT,
    "rerank": {"model": "{repo}", "query": "a question", "texts": ["a text"]},
    "predict": _TEXT,
    "generate": _TEXT,
    "generate_stream": _TEXT,
}
_SOUND = (
    '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n{repo}\r\n'
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--x--\r\n'
)
_INFERENCE = {
    **{
        f"POST {base}/v1/audio/transcriptions": Sample(
            _read, _SOUND, success=_LET_THROUGH, content_type="multipart/form-data; boundary=x"
        )
        for base in ("", *_MODEL_BASES)
    },
    **{
        f"POST {base}/{tail}": Sample(_read, payload, success=_LET_THROUGH)
        for base in ("", *_MODEL_BASES)
        for tail, payload in _QUESTIONS.items()
    },
    **{
        f"POST {base}{tail}": Sample(_read, _TEXT, success=_LET_THROUGH)
        for base in _MODEL_BASES
        for tail in ("", "/pipeline/{task}")
    },
    "POST /pipeline/{task}/{repo}": Sample(_read, _TEXT, success=_LET_THROUGH),
    **{f"GET {base}/{tail}": Sample(_read) for base in _MODEL_BASES for tail in ("info", "health")},
    "GET /v1/models": Sample(_public),
    "GET /v1/models/{repo}": Sample(_read),
    "GET /info": Sample(_public),
    "GET /health": Sample(_public),
    "GET /metrics": Sample(Permission.SITE_ADMIN),
}

_COMMAND = {"dockerImage": "python:3.12", "command": ["python", "-c", "pass"], "flavor": "cpu-basic"}
_NEW_JOB = "what=python&code=pass&image=python%3A3.12&flavor=cpu-basic&minutes=1&attempts=1"
_NO_SANDBOX = 501
"""What machines without a sandbox answer to those who may run jobs."""
_LAB, _OF_JOB = {"namespace": "lab"}, {"namespace": "lab", "id": "{job}", "path": "file.txt"}
_OF_SCHEDULE = {"namespace": "lab", "id": "{schedule}"}


def _see_jobs(words: dict[str, str] = _OF_JOB, success: tuple[int, ...] = (200,)) -> Sample:
    return Sample(Permission.SEE_JOBS, words=words, success=success)


def _run_jobs(payload: Any = None, words: dict[str, str] = _OF_JOB, success: tuple[int, ...] = (200,)) -> Sample:
    kind = FORM if isinstance(payload, str) else "application/json"
    return Sample(Permission.RUN_JOBS, payload, words, success=success, content_type=kind)


_TRAINING_SPEC = {"spec": {"task": "auto", "data": {"repo_id": "lab/nothing"}, "budget": "1s"}}
_TRAINING_FORM = '--border\r\nContent-Disposition: form-data; name="dataset"\r\n\r\nlab/nothing\r\n--border--\r\n'
_TRAINING = {
    "GET /api/training/{namespace}": _see_jobs(_LAB),
    "POST /api/training/{namespace}": _run_jobs(_TRAINING_SPEC, _LAB),
    "GET /api/training/{namespace}/{id}": _see_jobs(success=(404,)),  # the job there is none that trains
    **{f"POST /api/training/{{namespace}}/{{id}}/{word}": _run_jobs(success=(404,)) for word in ("stop", "cancel")},
    "POST /api/training/{namespace}/{id}/trials/{number}/deploy": _run_jobs({}, {**_OF_JOB, "number": "1"}, (404,)),
    "POST /training/{namespace}/{id}/deploy": _run_jobs("trial=1", success=(404,)),
    "GET /training": Sample(_login, success=(303,)),
    "GET /training/{namespace}": _see_jobs(_LAB),
    "GET /training/{namespace}/{id}": _see_jobs(success=(404,)),
    "GET /training/{namespace}/{id}/learn": _see_jobs(success=(404,)),
    "GET /training/{namespace}/{id}/report": _see_jobs(success=(404,)),
    **{f"POST /training/{{namespace}}/{{id}}/{word}": _run_jobs("", success=(404,)) for word in ("stop", "cancel")},
    "GET /training/{namespace}/new": _run_jobs(words=_LAB),
    "POST /training/{namespace}/new": Sample(
        Permission.RUN_JOBS, _TRAINING_FORM, _LAB, success=(303,), content_type="multipart/form-data; boundary=border"
    ),
    "GET /training/{namespace}/new/check": _run_jobs(words=_LAB, success=(303,)),
    "POST /training/{namespace}/new/check": _run_jobs("data=lab/nothing&task=auto&minutes=1", _LAB, (303,)),
}

_BATCH = '{"type": "deleteFile", "path": "file.txt"}\n'
_BUCKET = "/api/buckets/{bucket}"
_BUCKETS = {
    "GET /api/buckets/{namespace}": Sample(_public, words=_LAB),
    "DELETE /api/buckets/{namespace}": Sample(_public, words=_LAB, success=(401, 404)),
    f"POST {_BUCKET}": Sample(_own, {"private": True}, {"bucket": "me/new"}, success=(200, 409)),
    f"GET {_BUCKET}": Sample(_see),
    f"DELETE {_BUCKET}": Sample(_admin),
    f"PUT {_BUCKET}/settings": Sample(_admin, {"private": True}),
    f"GET {_BUCKET}/tree": Sample(_read, query="recursive=False"),
    f"GET {_BUCKET}/tree/{{path}}": Sample(_read),
    f"POST {_BUCKET}/paths-info": Sample(_read, {"paths": ["file.txt", "absent"]}),
    f"POST {_BUCKET}/batch": Sample(_write, _BATCH, content_type="application/x-ndjson"),
    f"GET {_BUCKET}/xet-read-token": Sample(_read),
    f"GET {_BUCKET}/xet-write-token": Sample(_write),
    "GET /buckets/{bucket}/resolve/{path}": Sample(_read),
}

_JOBS = {
    "GET /api/jobs/hardware": Sample(_public),
    "GET /api/admin/jobs": Sample(_site),
    "GET /api/jobs/{namespace}": _see_jobs(_LAB),
    "POST /api/jobs/{namespace}": _run_jobs(_COMMAND, _LAB, (200, _NO_SANDBOX)),
    **{f"GET /api/jobs/{{namespace}}/{{id}}{tail}": _see_jobs() for tail in ("", "/logs", "/log.txt", "/metrics")},
    "GET /api/jobs/{namespace}/{id}/artefacts": _see_jobs(),
    "GET /api/jobs/{namespace}/{id}/artefacts/{path}": _see_jobs(success=(404,)),
    "POST /api/jobs/{namespace}/{id}/cancel": _run_jobs(),
    "POST /api/jobs/{namespace}/{id}/duplicate": _run_jobs(success=(200, _NO_SANDBOX)),
    "PUT /api/jobs/{namespace}/{id}/expose": Sample(Permission.SEE_JOBS, {"ports": [], "portsPublic": []}, _OF_JOB),
    **{
        f"{method} /api/jobs/{{namespace}}/{{id}}/labels": _run_jobs({"labels": {"a": "b"}})
        for method in ("PUT", "POST")
    },
    "GET /api/scheduled-jobs/{namespace}": _see_jobs(_LAB),
    "POST /api/scheduled-jobs/{namespace}": _run_jobs(
        {"jobSpec": _COMMAND, "schedule": "@yearly"}, _LAB, (200, _NO_SANDBOX)
    ),
    "GET /api/scheduled-jobs/{namespace}/{id}": _see_jobs(_OF_SCHEDULE),
    "DELETE /api/scheduled-jobs/{namespace}/{id}": _run_jobs(words=_OF_SCHEDULE),
    **{
        f"POST /api/scheduled-jobs/{{namespace}}/{{id}}/{word}": _run_jobs(words=_OF_SCHEDULE)
        for word in ("suspend", "resume", "run")
    },
    "POST /api/scheduled-jobs/{namespace}/{id}/schedule": _run_jobs({"schedule": "@daily"}, _OF_SCHEDULE),
    "PUT /api/scheduled-jobs/{namespace}/{id}/labels": _run_jobs({"labels": {}}, _OF_SCHEDULE),
    "GET /admin/jobs": Sample(_site),
    "GET /jobs": Sample(_login, success=(303,)),
    "GET /jobs/{namespace}": _see_jobs(_LAB),
    "GET /jobs/{namespace}/{id}": _see_jobs(),
    "POST /jobs/{namespace}/{id}/cancel": _run_jobs("next=", success=(303,)),
    "POST /jobs/{namespace}/{id}/duplicate": _run_jobs("", success=(303, _NO_SANDBOX)),
    "GET /jobs/{namespace}/new": _run_jobs(words=_LAB),
    "POST /jobs/{namespace}/new": _run_jobs(_NEW_JOB, _LAB, (303, _NO_SANDBOX)),
    "GET /jobs/{namespace}/scheduled": _see_jobs(_LAB),
    "POST /jobs/{namespace}/scheduled/{id}": _run_jobs("change=suspend", _OF_SCHEDULE, (303,)),
}

SAMPLES: dict[str, Sample] = {
    **_INFERENCE,
    **_JOBS,
    **_TRAINING,
    # files
    "GET /{prefix}{repo}/resolve/{rev}/{path}": Sample(_read),
    "GET /{prefix}{repo}/raw/{rev}/{path}": Sample(_read),
    f"GET {_REPO}/auth-check": Sample(_read),
    f"GET {_REPO}/auth-check/write": Sample(_write),
    # git data
    f"GET {_REPO}/tree/{{rev}}": Sample(_see),
    f"GET {_REPO}/tree/{{rev}}/{{path}}": Sample(_see, words={"path": ""}),
    f"POST {_REPO}/paths-info/{{rev}}": Sample(_see, {"paths": ["file.txt"]}),
    f"GET {_REPO}/refs": Sample(_see),
    f"GET {_REPO}/commits/{{rev}}": Sample(_see),
    f"GET {_REPO}/compare/{{spec}}": Sample(_read),
    f"GET {_REPO}/commit/{{rev}}": Sample(_read),
    f"GET {_REPO}/blame/{{rev}}/{{path}}": Sample(_read),
    f"GET {_REPO}/tensorboard": Sample(_read),
    f"GET {_REPO}/overview": Sample(_see),
    f"POST {_REPO}/branch/{{branch}}": Sample(_write, {}, words={"branch": "new"}),
    f"DELETE {_REPO}/branch/{{branch}}": Sample(_write),
    f"POST {_REPO}/tag/{{rev}}": Sample(_write, {"tag": "v1"}),
    f"DELETE {_REPO}/tag/{{branch}}": Sample(_write, words={"branch": "v0"}),
    f"POST {_REPO}/super-squash/{{rev}}": Sample(_write, {}),
    f"POST {_REPO}/revert/{{rev}}": Sample(_write, {"commit": "main"}),
    # uploads
    "POST /api/validate-yaml": Sample(_public, {"content": "---\nlicense: mit\n---\n", "repoType": "model"}),
    f"POST {_REPO}/preupload/{{rev}}": Sample(_write, {"files": []}),
    f"POST {_REPO}/commit/{{rev}}": Sample(_write, COMMIT, content_type="application/x-ndjson"),
    # life of a repo
    "POST /api/repos/create": Sample(_own, {"name": "same-name"}, success=(200, 409)),
    "DELETE /api/repos/delete": Sample(_admin, {"organization": "lab", "name": "{name}"}),
    "POST /api/repos/move": Sample(_admin, {"fromRepo": "{repo}", "toRepo": "lab/moved-{name}"}),
    **_BUCKETS,
    f"PUT {_REPO}/settings": Sample(_admin, {"private": True}),
    f"POST {_REPO}/duplicate": Sample(
        _read,
        {"repository": "lab/copy-of-{name}"},
        success=(200, 401, 403, 409),
        declared="who may create there is asked too",
    ),
    f"GET {_REPO}": Sample(_see),
    f"GET {_REPO}/revision/{{rev}}": Sample(_see),
    # gates
    "POST /{prefix}{repo}/ask-access": Sample(_own, {}, success=(200, 400)),
    f"POST {_REQUESTS}": Sample(_own, {}, success=(200, 400)),
    f"GET {_REQUESTS}/{{status}}": Sample(_admin, success=(200, 400)),
    f"POST {_REQUESTS}/grant": Sample(_admin, {"user": "stranger"}, success=(200, 400)),
    f"POST {_REQUESTS}/handle": Sample(_admin, {"user": "stranger", "status": "accepted"}, success=(400, 404)),
    # likes and lists
    f"POST {_REPO}/like": Sample(_own),
    f"DELETE {_REPO}/like": Sample(_own),
    f"GET {_REPO}/likers": Sample(_see),
    "GET /api/users/{username}/likes": Sample(_public),
    "GET /api/{types}": Sample(_public),
    "GET /api/{types}-facets": Sample(_public),
    "GET /api/quicksearch": Sample(_public),
    "GET /api/trending": Sample(_public),
    "GET /api/models-tags-by-type": Sample(_public),
    "GET /api/datasets-tags-by-type": Sample(_public),
    # large files
    f"GET {_REPO}/lfs-files": Sample(_write),
    f"POST {_REPO}/lfs-files/batch": Sample(_admin, {"deletions": {"sha": [], "rewriteHistory": True}}),
    f"POST {_REPO}/lfs-files/duplicate": Sample(
        _read,
        {"target": {"type": "model", "name": "{repo}"}, "files": []},
        success=(200, 401, 403),
        declared="writing to the target is asked too",
    ),
    f"GET {_REPO}/treesize/{{rev}}": Sample(_see),
    f"GET {_REPO}/treesize/{{rev}}/{{path}}": Sample(_see, words={"path": ""}),
    "GET /api/models/{repo}/safetensors-metadata/{path}": Sample(
        _read, words={"path": "model.safetensors.index.json"}, success=(404,)
    ),
    "GET /api/settings/repositories": Sample(_login),
    "GET /api/organizations/{org}/settings/repositories": Sample(_login, success=(200, 403)),
    "GET /api/tasks": Sample(_public),
    # discussions
    f"GET {_REPO}/discussions": Sample(_see),
    f"POST {_REPO}/discussions": Sample(_discuss, {"title": "a change", "description": "", "pullRequest": True}),
    f"GET {_REPO}/discussions/{{num}}": Sample(_see),
    f"POST {_REPO}/discussions/{{num}}/comment": Sample(_discuss, {"comment": "well done"}),
    f"POST {_REPO}/discussions/{{num}}/comment/{{id}}/edit": Sample(_discuss, {"content": "better"}, success=(404,)),
    f"POST {_REPO}/discussions/{{num}}/comment/{{id}}/hide": Sample(_discuss, {}, success=(404,)),
    f"POST {_REPO}/discussions/{{num}}/title": Sample(_write, {"title": "another title"}, declared=_BY_AUTHOR),
    f"POST {_REPO}/discussions/{{num}}/status": Sample(_write, {"status": "closed"}, declared=_BY_AUTHOR),
    f"POST {_REPO}/discussions/{{num}}/merge": Sample(_write, {}),
    # Xet
    f"GET {_REPO}/xet-read-token/{{rev}}": Sample(_read),
    f"GET {_REPO}/xet-write-token/{{rev}}": Sample(_write),
    **{f"{route} /cas/{{epoch}}/{tail}": _UNSIGNED for route, tail in _CAS},
    "POST /v1/telemetry": Sample(_signed, {}),
    "POST /cas/{epoch}/v1/telemetry": Sample(_signed, {}),
    # git-lfs
    **{
        f"{method} /{{prefix}}{{repo}}{git}/info/lfs/{tail}": sample
        for git in (".git", "")
        for (method, tail), sample in _LFS.items()
    },
    "PUT /lfs/upload/{word}": _UNSIGNED,
    "POST /lfs/verify/{word}": _UNSIGNED,
    "GET /lfs/download/{word}": _UNSIGNED,
    "PUT /lfs/multipart/{word}/{number}": _UNSIGNED,
    "GET /lfs/multipart/{word}": _UNSIGNED,
    "POST /lfs/multipart/{word}": _UNSIGNED,
    # git
    "GET /{prefix}{repo}/info/refs": Sample(_read, query="service=git-upload-pack"),
    "POST /{prefix}{repo}/git-upload-pack": Sample(_read, "0000", content_type="application/x-git-upload-pack-request"),
    "POST /{prefix}{repo}/git-receive-pack": Sample(
        _write, "0000", content_type="application/x-git-receive-pack-request"
    ),
    # accounts
    "GET /api/whoami-v2": Sample(_login),
    "GET /api/users/{user}/overview": Sample(_public),
    "GET /api/users/{user}/followers": Sample(_public),
    "GET /api/users/{user}/following": Sample(_public),
    "GET /api/organizations/{org}/overview": Sample(_public),
    "GET /api/organizations/{org}/members": Sample(_public),
    "GET /api/organizations/{org}/followers": Sample(_public),
    "POST /api/organizations/create": Sample(_own, {"name": "some-org"}, success=(201, 409)),
    "PUT /api/organizations/{org}/members/{user}": Sample(Permission.ADMIN_ORG, {"role": "read"}),
    "DELETE /api/organizations/{org}/members/{user}": Sample(
        Permission.ADMIN_ORG, words={"user": "outsider"}, success=(404,)
    ),
    "PUT /api/organizations/{org}/settings": Sample(Permission.ADMIN_ORG, {"details": "A lab."}),
    "DELETE /api/organizations/{org}": Sample(Permission.ADMIN_ORG, success=(409,)),
    "GET /api/settings/tokens": Sample(_account),
    "POST /api/settings/tokens": Sample(_account, {"displayName": "t", "role": "read"}),
    "DELETE /api/settings/tokens/{id}": Sample(_account),
    "POST /api/login": Sample(_public, {"username": "nobody", "password": "wrong password"}, success=(401, 429)),
    "POST /api/logout": Sample(_public, success=(204,)),
    "POST /api/signup": Sample(_public, {"username": "newcomer", "password": "long enough"}, success=(403,)),
    "POST /api/setup": Sample(_public, {"code": "x", "username": "x", "password": "y"}, success=(409,)),
    "GET /api/settings/sessions": Sample(_account),
    "DELETE /api/settings/sessions": Sample(_account),
    "DELETE /api/settings/sessions/{id}": Sample(_account),
    "PUT /api/settings/profile": Sample(_own, {"fullname": "A Name"}),
    # administration
    "GET /api/admin/users": Sample(_site),
    "POST /api/admin/users": Sample(_site, {"username": "made-by-root"}, success=(201, 409)),
    "PUT /api/admin/users/{user}": Sample(_site, {"disabled": False}),
    "POST /api/admin/users/{user}/password": Sample(_site),
    "GET /api/admin/audit": Sample(_site),
    "GET /api/admin/storage": Sample(_site),
    "GET /api/admin/storage/garbage": Sample(_site),
    "GET /api/admin/doctor": Sample(_site),
    "GET /api/admin/settings": Sample(_site),
    "PUT /api/admin/settings": Sample(_site, {"announcement": ""}),
    "POST /api/settings/password": Sample(_account, {"currentPassword": "x", "newPassword": "yyyyyyyy"}),
    "POST /oauth/device": Sample(_public, "client_id=x", content_type="application/x-www-form-urlencoded"),
    "POST /oauth/token": Sample(_public, {"grant_type": "refresh_token", "refresh_token": "x"}, success=(400,)),
    "GET /api/settings/devices/{id}": Sample(_account),
    "POST /api/settings/devices": Sample(_account, {"userCode": "ABCD-EFGH", "approve": True}),
    # pages
    "GET /static/{version}/{path}": Sample(_public, words={"version": "0", "path": "css/base.css"}),
    "POST /theme": Sample(_public, "theme=dark", success=(303,), content_type=FORM),
    "GET /login": Sample(_public, success=(200, 303)),
    "POST /login": Sample(_public, "username=nobody&password=wrong", success=(401, 429), content_type=FORM),
    "GET /logout": Sample(_public, success=(200, 303)),
    "POST /logout": Sample(_public, success=(303,), content_type=FORM),
    "GET /join": Sample(_public, success=(303, 403)),
    "POST /join": Sample(_public, "username=x&password=yyyyyyyy&repeated=yyyyyyyy", success=(403,), content_type=FORM),
    "GET /settings": Sample(_login),
    "GET /settings/profile": Sample(_login),
    "POST /settings/profile": Sample(_own, "fullname=A+Name&bio=", success=(303,), content_type=FORM),
    "GET /settings/account": Sample(_login),
    "POST /settings/email": Sample(_own, "email=", success=(303,), content_type=FORM),
    "POST /settings/password": Sample(_account, "current=x&new=yyyyyyyy&repeated=yyyyyyyy", content_type=FORM),
    "GET /settings/sessions": Sample(_account),
    "POST /settings/sessions/revoke-others": Sample(_account, content_type=FORM),
    "POST /settings/sessions/{id}/revoke": Sample(_account, content_type=FORM),
    "GET /settings/tokens": Sample(_account),
    "POST /settings/tokens": Sample(_account, "name=t&role=read&days=30", content_type=FORM),
    "POST /settings/tokens/{id}/revoke": Sample(_account, content_type=FORM),
    "GET /oauth/device": Sample(_public),
    "POST /oauth/device/decide": Sample(_account, "user_code=ABCD-EFGH&decision=deny", content_type=FORM),
    "GET /organizations/new": Sample(_login),
    "POST /organizations/new": Sample(_own, "name=page-org", success=(303, 409), content_type=FORM),
    f"GET {_ORG}/profile": Sample(_org),
    f"POST {_ORG}/profile": Sample(_org, "fullname=Lab&bio=", success=(303,), content_type=FORM),
    f"POST {_ORG}/delete": Sample(_org, "typed=lab", success=(409,), content_type=FORM),
    f"GET {_ORG}/members": Sample(_org),
    f"POST {_ORG}/members": Sample(_org, "user=reader&role=read", success=(303,), content_type=FORM),
    f"POST {_ORG}/members/{{user}}/remove": Sample(_org, words={"user": "outsider"}, success=(404,), content_type=FORM),
    "POST /organizations/{org}/leave": Sample(_own, words={"org": "nowhere"}, success=(404,), content_type=FORM),
    **{f"GET /admin{page}": Sample(_site) for page in _ADMIN_PAGES},
    "POST /admin/users": Sample(_site, "username=made-by-page", success=(200, 409), content_type=FORM),
    "POST /admin/users/{user}": Sample(_site, "change=enable", success=(303,), content_type=FORM),
    "POST /admin/users/{user}/password": Sample(_site, content_type=FORM),
    "POST /admin/settings": Sample(_site, "instance_name=&announcement=", success=(303,), content_type=FORM),
    "GET /{user}": Sample(_public),
    "GET /{types}": Sample(_public),
    "GET /tasks": Sample(_public),
    "GET /tasks/{task}": Sample(_public, words={"task": "fill-mask"}),
    "GET /search": Sample(_public),
    "GET /avatars/{user}.svg": Sample(_public),
    "GET /setup": Sample(_public, success=(303,)),
    "POST /setup": Sample(_public, "code=x&username=x", success=(409,), content_type=FORM),
    "GET /{prefix}{repo}": Sample(_see),
    "POST /{prefix}{repo}/like": Sample(_own, "liked=no", success=(303,), content_type=FORM),
    "POST /{prefix}{repo}/request-access": Sample(_own, "a=b", success=(303, 400), content_type=FORM),
    "GET /{prefix}{repo}/try-it": Sample(_see),
    "POST /{prefix}{repo}/try-it": Sample(_read, "text=hello", success=_LET_THROUGH, content_type=FORM),
    "GET /{prefix}{repo}/tree": Sample(_see, success=(303,)),
    "GET /{prefix}{repo}/tree/{rev}": Sample(_see),
    "GET /{prefix}{repo}/tree/{rev}/{path}": Sample(_see, words={"path": ""}),
    "GET /{prefix}{repo}/commits/{rev}": Sample(_see),
    "GET /{prefix}{repo}/commits/{rev}/{path}": Sample(_see),
    "GET /{prefix}{repo}/commit/{rev}": Sample(_read),
    "GET /{prefix}{repo}/blame/{rev}/{path}": Sample(_read),
    "GET /{prefix}{repo}/tensorboard": Sample(_read),
    "GET /{prefix}{repo}/autotrain": Sample(_read),
    "GET /{prefix}{repo}/blob/{rev}/{path}": Sample(_read),
    f"GET {_REPO}/preview/{{rev}}/{{path}}": Sample(_read),
    # the server
    "GET /": Sample(_public),
    "GET /healthz": Sample(_public),
    "GET /api/version": Sample(_public),
    "GET /api/telemetry/{path}": Sample(_public),
    "GET /api/agent-harnesses": Sample(_public),
    **{f"GET {address}": Sample(_login) for address in ("/new", "/new-dataset", "/new-space")},
    **{
        f"POST {address}": Sample(
            _own, "name=same-name&visibility=public&sdk=static", success=(303, 409), content_type=FORM
        )
        for address in ("/new", "/new-dataset", "/new-space")
    },
    f"GET {_PAGE}/discussions": Sample(_see),
    f"GET {_PAGE}/discussions/new": Sample(_discuss),
    f"POST {_PAGE}/discussions/new": Sample(_discuss, "title=A+question&text=Why", success=(303,), content_type=FORM),
    f"GET {_PAGE}/discussions/{{num}}": Sample(_see),
    f"GET {_PAGE}/discussions/{{num}}/files": Sample(_read),
    f"POST {_PAGE}/discussions/{{num}}/comment": Sample(_discuss, "text=Because", success=(303,), content_type=FORM),
    f"POST {_PAGE}/discussions/{{num}}/comment/{{id}}/edit": Sample(
        _discuss, "text=Because", success=(404,), content_type=FORM
    ),
    f"POST {_PAGE}/discussions/{{num}}/comment/{{id}}/hide": Sample(_discuss, success=(404,), content_type=FORM),
    f"POST {_PAGE}/discussions/{{num}}/title": Sample(
        _write, "title=Another+title", success=(303,), content_type=FORM, declared=_BY_AUTHOR
    ),
    f"POST {_PAGE}/discussions/{{num}}/status": Sample(
        _write, "status=closed", success=(303,), content_type=FORM, declared=_BY_AUTHOR
    ),
    f"POST {_PAGE}/discussions/{{num}}/merge": Sample(_write, success=(303,), content_type=FORM),
    f"GET {_PAGE}/settings": Sample(_admin),
    f"POST {_PAGE}/settings/visibility": Sample(_admin, "visibility=private", success=(303,), content_type=FORM),
    f"POST {_PAGE}/settings/move": Sample(_admin, "owner=lab&name=moved-{name}", success=(303,), content_type=FORM),
    f"POST {_PAGE}/settings/delete": Sample(_admin, "confirmation={repo}", success=(303,), content_type=FORM),
    f"GET {_PAGE}/settings/access": Sample(_admin),
    f"POST {_PAGE}/settings/access": Sample(_admin, "gated=manual", success=(303,), content_type=FORM),
    f"POST {_PAGE}/settings/access/decide": Sample(
        _admin, "request=x&decision=accept", success=(400, 404), content_type=FORM
    ),
    f"POST {_PAGE}/settings/access/grant": Sample(_admin, "username=stranger", success=(303, 400), content_type=FORM),
    f"GET {_PAGE}/settings/refs": Sample(_write),
    f"POST {_PAGE}/settings/refs": Sample(_write, "kind=branch&name=new", success=(303,), content_type=FORM),
    f"POST {_PAGE}/settings/refs/delete": Sample(_write, "kind=branch&name=spare", success=(303,), content_type=FORM),
    f"GET {_PAGE}/settings/storage": Sample(_write),
    f"POST {_PAGE}/settings/storage/delete": Sample(_admin, success=(303,), content_type=FORM),
    f"GET {_PAGE}/edit/{{rev}}/{{path}}": Sample(_discuss),
    f"POST {_PAGE}/edit/{{rev}}/{{path}}": Sample(
        _discuss, "path=file.txt&text=new&target=pull", success=(303,), content_type=FORM
    ),
    f"GET {_PAGE}/new/{{rev}}": Sample(_discuss),
    f"GET {_PAGE}/new/{{rev}}/{{path}}": Sample(_discuss, words={"path": "folder"}),
    **{
        f"POST {_PAGE}/new/{tail}": Sample(
            _discuss, "path=a.txt&text=new&target=pull", success=(303,), content_type=FORM
        )
        for tail in ("{rev}", "{rev}/{path}")
    },
    f"GET {_PAGE}/delete/{{rev}}/{{path}}": Sample(_discuss),
    f"POST {_PAGE}/delete/{{rev}}/{{path}}": Sample(_discuss, "target=pull", success=(303,), content_type=FORM),
    f"POST {_PAGE}/preview/{{rev}}": Sample(_discuss, "path=README.md&text=%23+Hello", content_type=FORM),
    **{f"GET {_PAGE}/upload/{tail}": Sample(_discuss) for tail in ("{rev}", "{rev}/{path}")},
    **{
        f"POST {_PAGE}/upload/{tail}": Sample(
            _discuss, UPLOAD, success=(303,), content_type="multipart/form-data; boundary=border"
        )
        for tail in ("{rev}", "{rev}/{path}")
    },
}
