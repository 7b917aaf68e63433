"""Every error that Holdfast raises on purpose.

    HoldfastError
    ├── InvalidInput 400            a field of the request is wrong; names the field
    │   ├── InvalidPath 422         a path in a repo that nobody may use
    │   ├── InvalidCard 400         YAML front matter that fails validation
    │   ├── CorruptObject 400       uploaded bytes that are not what the client claims
    │   └── UnknownTask 400         inference has no such task; names those it has
    ├── InvalidAccessToken 401      the Authorization header names nobody
    ├── LoginRequired 401           anonymous, where somebody must be known
    ├── WrongPassword 401
    ├── Forbidden 403               known, seen, but not allowed
    ├── GatedRepo 401/403           public repo whose files need its owner's consent
    ├── DisabledRepo 403            closed by moderation
    ├── NotFound 404
    │   ├── RepoNotFound 401/404    absent, or private and none of the caller's business
    │   ├── RevisionNotFound 404
    │   ├── EntryNotFound 404
    │   │   └── NothingToDelete 404 a commit deletes what is not there
    │   └── ObjectNotFound 404      stored bytes under a hash
    ├── MethodNotAllowed 405
    ├── RepoMoved 307               renamed: the same request under the new id
    ├── Conflict 409
    │   ├── RepoExists 409
    │   └── RefExists 409
    ├── StaleParent 412             the branch moved since the caller looked
    ├── TooLarge 413
    ├── RangeNotSatisfiable 416
    ├── UnusableModel 422           a model's files do not make a model for this task
    │   └── UnsafeWeights 422       its weights could run code when they are loaded
    ├── TrainingFailed 422          a run made no model, or its model does not answer
    ├── DamagedObject 500           stored bytes that are no longer what was stored
    ├── NotServed 501               a part of the Hub API that this version does not serve
    ├── NotInstalled 501            needs an optional part of Holdfast
    ├── NoSandbox 501               somebody's code is to be confined, which this machine cannot do
    ├── ServerRefused 502           a server that a pipeline or a run asked said no, or nothing
    ├── Overloaded 503              try again soon
    │   ├── TooManyAttempts 429     wrong passwords; wait before the next
    │   ├── ModelBusy 429           as many questions wait for a model as may
    │   ├── ModelLoading 503        not ready yet; says how long it takes
    │   └── ModelFailed 503         its process ended, hung or cannot be reached
    ├── InternalError 500           a defect of ours: the log has the details
    ├── OutOfMemory 507             a question needs more memory than its model has
    └── StorageFull 507

Services raise these; only `http.errors` turns them into responses. A class carries `code` (the Hub's
`X-Error-Code`), `status` and its data fields, and derives its message from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(eq=False)
class HoldfastError(Exception):
    """Base of the tree: something the caller can be told about."""

    code: ClassVar[str] = "Error"
    status: int = 500

    def __post_init__(self) -> None:
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One plain sentence for people."""
        return "Something went wrong."

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class InvalidInput(HoldfastError):
    """A field of the request is wrong."""

    code: ClassVar[str] = "InvalidInput"
    status: int = 400
    field: str = ""
    problem: str = ""

    @property
    def message(self) -> str:
        return f"`{self.field}` {self.problem}"


@dataclass(eq=False)
class InvalidPath(InvalidInput):
    """A path that no repo may hold."""

    code: ClassVar[str] = "InvalidPath"
    status: int = 422
    field: str = "path"

    @property
    def message(self) -> str:
        return f"Invalid path: {self.problem}"


@dataclass(eq=False)
class InvalidCard(InvalidInput):
    """A README.md whose YAML front matter is refused; `errors` are sentences."""

    code: ClassVar[str] = "InvalidCard"
    field: str = "README.md"
    errors: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return "Invalid metadata in README.md. " + " ".join(self.errors)


@dataclass(eq=False)
class CorruptObject(InvalidInput):
    """Uploaded bytes that do not hash, parse or measure as claimed."""

    code: ClassVar[str] = "CorruptObject"
    field: str = "body"


@dataclass(eq=False)
class UnknownTask(InvalidInput):
    """There is no such inference task here, or the model is not for it; `known` are those that would do."""

    code: ClassVar[str] = "UnknownTask"
    field: str = "task"
    task: str = ""
    known: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return f"There is no task {self.task!r} here. Supported: {', '.join(self.known)}."


@dataclass(eq=False)
class InvalidAccessToken(HoldfastError):
    """The Authorization header names nobody. Source: the text is matched by huggingface_hub's tests."""

    code: ClassVar[str] = "InvalidAccessToken"
    status: int = 401

    @property
    def message(self) -> str:
        return "Invalid credentials in Authorization header"


@dataclass(eq=False)
class LoginRequired(HoldfastError):
    """Anonymous, where somebody must be known."""

    code: ClassVar[str] = "LoginRequired"
    status: int = 401

    @property
    def message(self) -> str:
        return "Please log in first: send an access token, e.g. with `hf auth login`."


@dataclass(eq=False)
class WrongPassword(HoldfastError):
    """Name and password do not belong together; never says which of them is wrong."""

    code: ClassVar[str] = "WrongPassword"
    status: int = 401

    @property
    def message(self) -> str:
        return "The user name or the password is wrong."


@dataclass(eq=False)
class Forbidden(HoldfastError):
    """The caller is known and may see the thing, but not do this."""

    code: ClassVar[str] = "Forbidden"
    status: int = 403
    reason: str = "You don't have the rights for this."

    @property
    def message(self) -> str:
        return self.reason


@dataclass(eq=False)
class GatedRepo(HoldfastError):
    """Everybody may see the repo, only accepted users its files."""

    code: ClassVar[str] = "GatedRepo"
    status: int = 403
    repo_id: str = ""

    @property
    def message(self) -> str:
        return (
            f"Access to model {self.repo_id} is restricted and you are not in the authorized list. "
            f"Visit its page to ask for access."
        )


@dataclass(eq=False)
class DisabledRepo(HoldfastError):
    """Closed by moderation. Source: huggingface_hub matches this exact text."""

    code: ClassVar[str] = "DisabledRepo"
    status: int = 403

    @property
    def message(self) -> str:
        return "Access to this resource is disabled."


@dataclass(eq=False)
class NotFound(HoldfastError):
    """There is no such thing, or the caller may not know of it."""

    code: ClassVar[str] = "NotFound"
    status: int = 404
    what: str = "This resource"

    @property
    def message(self) -> str:
        return f"{self.what} does not exist."


@dataclass(eq=False)
class RepoNotFound(NotFound):
    """Absent, or private for this caller: the two must not differ in a single byte.

    `status` is 401 for anonymous callers and 404 for known ones.
    """

    code: ClassVar[str] = "RepoNotFound"

    @property
    def message(self) -> str:
        return "Repository not found"


@dataclass(eq=False)
class RevisionNotFound(NotFound):
    """No branch, tag, pull request or commit of that name."""

    code: ClassVar[str] = "RevisionNotFound"
    revision: str = ""

    @property
    def message(self) -> str:
        return f"Invalid rev id: {self.revision}"


@dataclass(eq=False)
class EntryNotFound(NotFound):
    """No file or folder at `path`; `commit_oid` lets clients remember that (40 hex, or None)."""

    code: ClassVar[str] = "EntryNotFound"
    path: str = ""
    commit_oid: str | None = None

    @property
    def message(self) -> str:
        return f"Entry not found: {self.path}" if self.path else "Entry not found"


@dataclass(eq=False)
class NothingToDelete(EntryNotFound):
    """A commit deletes a path that is not there. Source: huggingface_hub matches this text to give a hint."""

    @property
    def message(self) -> str:
        return f"A file with this name doesn't exist: {self.path}"


@dataclass(eq=False)
class ObjectNotFound(NotFound):
    """No stored bytes under that hash, or none that this caller may read."""

    code: ClassVar[str] = "ObjectNotFound"
    oid: str = ""

    @property
    def message(self) -> str:
        return f"Object {self.oid} does not exist."


@dataclass(eq=False)
class RepoMoved(HoldfastError):
    """The repo has another id now; the renderer sends the client to the same address under `new_id`."""

    code: ClassVar[str] = "RepoMoved"
    status: int = 307
    old_id: str = ""
    new_id: str = ""

    @property
    def message(self) -> str:
        return f"This repo has moved to {self.new_id}."


@dataclass(eq=False)
class MethodNotAllowed(HoldfastError):
    """The address exists, with other methods."""

    code: ClassVar[str] = "MethodNotAllowed"
    status: int = 405
    allowed: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return f"This address answers only {', '.join(self.allowed)}."


@dataclass(eq=False)
class Conflict(HoldfastError):
    """The thing exists already or is in a state that forbids the request."""

    code: ClassVar[str] = "Conflict"
    status: int = 409
    reason: str = "This conflicts with what is there."

    @property
    def message(self) -> str:
        return self.reason


@dataclass(eq=False)
class RepoExists(Conflict):
    """A repo has that id. Clients with `exist_ok` read `repo_id` and the url from the body."""

    code: ClassVar[str] = "RepoExists"
    repo_type: str = "model"
    repo_id: str = ""

    @property
    def message(self) -> str:
        return (
            f"You already created this {self.repo_type} repo: "
            f"A {self.repo_type} repository called {self.repo_id} already exists"
        )


@dataclass(eq=False)
class RefExists(Conflict):
    """A branch or tag has that name. `ref` is the full name, e.g. refs/heads/x."""

    code: ClassVar[str] = "RefExists"
    ref: str = ""

    @property
    def message(self) -> str:
        return f"Reference {self.ref} already exists"


@dataclass(eq=False)
class StaleParent(HoldfastError):
    """The branch is no longer at `parentCommit`. Both sentences are matched by clients' tests (2.x and 0.x)."""

    code: ClassVar[str] = "StaleParent"
    status: int = 412

    @property
    def message(self) -> str:
        return (
            "The branch was updated since you opened this page. Please refresh and try again. "
            "A commit has happened since. Please refresh and try again."
        )


@dataclass(eq=False)
class TooLarge(HoldfastError):
    """A body, file or count over its limit; `limit` carries its unit."""

    code: ClassVar[str] = "TooLarge"
    status: int = 413
    what: str = "The request"
    limit: str = ""

    @property
    def message(self) -> str:
        return f"{self.what} is larger than the limit of {self.limit}."


@dataclass(eq=False)
class RangeNotSatisfiable(HoldfastError):
    """The Range starts after the end of an object of `size_bytes`."""

    code: ClassVar[str] = "RangeNotSatisfiable"
    status: int = 416
    size_bytes: int = 0

    @property
    def message(self) -> str:
        return f"The requested range lies outside of the {self.size_bytes} bytes of this file."


@dataclass(eq=False)
class UnusableModel(HoldfastError):
    """The files of a model do not make one for the task; `problem` says what is missing, and what to do."""

    code: ClassVar[str] = "UnusableModel"
    status: int = 422
    problem: str = ""

    @property
    def message(self) -> str:
        return f"This model cannot be used: {self.problem}"


@dataclass(eq=False)
class UnsafeWeights(UnusableModel):
    """Weights in a format that can run code when it is loaded; `files` are their names."""

    code: ClassVar[str] = "UnsafeWeights"
    files: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return f"Refused to load {', '.join(self.files)}: {self.problem}"


@dataclass(eq=False)
class TrainingFailed(HoldfastError):
    """A run made no model, or the model that it pushed does not answer; `reason` is a sentence."""

    code: ClassVar[str] = "TrainingFailed"
    status: int = 422
    reason: str = ""

    @property
    def message(self) -> str:
        return self.reason


@dataclass(eq=False)
class DamagedObject(HoldfastError):
    """Bytes stored here are missing or no longer hash, parse or measure as they did; never the client's fault."""

    code: ClassVar[str] = "DamagedObject"
    status: int = 500
    what: str = "A stored object"

    @property
    def message(self) -> str:
        return f"{self.what} is damaged on the server's disk. Please tell its administrator."


@dataclass(eq=False)
class NotServed(HoldfastError):
    """A part of the Hub API that this version of Holdfast does not serve."""

    code: ClassVar[str] = "NotImplemented"
    status: int = 501
    feature: str = "This"

    @property
    def message(self) -> str:
        return f"{self.feature} is not served by this version of Holdfast."


@dataclass(eq=False)
class NotInstalled(HoldfastError):
    """A feature needs libraries that are not installed here; `extra` is the part of Holdfast that brings them."""

    code: ClassVar[str] = "NotInstalled"
    status: int = 501
    feature: str = "This"
    extra: str = ""

    @property
    def message(self) -> str:
        return f'{self.feature} needs libraries that are not installed: python -m pip install "holdfast[{self.extra}]"'


@dataclass(eq=False)
class NoSandbox(HoldfastError):
    """Somebody's own code is to run confined, and this machine cannot do that; `problem` says what to do about it."""

    code: ClassVar[str] = "NoSandbox"
    status: int = 501
    problem: str = ""

    @property
    def message(self) -> str:
        return f"This server cannot run your code, for it cannot confine it: {self.problem}"


@dataclass(eq=False)
class ServerRefused(HoldfastError):
    """A server that a pipeline or a run asked answered with an error; `status` is its status, 502 for no answer."""

    code: ClassVar[str] = "ServerRefused"
    status: int = 502
    reason: str = ""

    @property
    def message(self) -> str:
        return self.reason


@dataclass(eq=False)
class Overloaded(HoldfastError):
    """Too much at once; the client may come back in `retry_after_seconds`."""

    code: ClassVar[str] = "Overloaded"
    status: int = 503
    retry_after_seconds: int = 2

    @property
    def message(self) -> str:
        return f"The server is busy. Please try again in {self.retry_after_seconds} seconds."


@dataclass(eq=False)
class TooManyAttempts(Overloaded):
    """Several wrong passwords in a row for one name."""

    code: ClassVar[str] = "TooManyAttempts"
    status: int = 429

    @property
    def message(self) -> str:
        return f"Too many wrong passwords. Please try again in {self.retry_after_seconds} seconds."


@dataclass(eq=False)
class ModelBusy(Overloaded):
    """As many questions wait for a model as may."""

    code: ClassVar[str] = "ModelBusy"
    status: int = 429
    waiting: int = 0

    @property
    def message(self) -> str:
        return (
            f"The model is busy: {self.waiting} requests are waiting for it. "
            f"Please try again in {self.retry_after_seconds} seconds."
        )


@dataclass(eq=False)
class ModelLoading(Overloaded):
    """A model is being loaded, and the caller did not want to wait. Source: clients read `estimated_time`, seconds."""

    code: ClassVar[str] = "ModelLoading"
    model: str = ""
    estimated_seconds: float = 20.0

    @property
    def message(self) -> str:
        return f"Model {self.model} is currently loading"

    @property
    def body_fields(self) -> dict[str, float]:
        """What clients read of it, beside the message."""
        return {"estimated_time": self.estimated_seconds}


@dataclass(eq=False)
class ModelFailed(Overloaded):
    """What runs a model ended, hung or cannot be reached, in the middle of a request; the next one starts it anew."""

    code: ClassVar[str] = "ModelFailed"
    reason: str = "It ended unexpectedly"

    @property
    def message(self) -> str:
        return f"The model could not answer: {self.reason}. Please try again."


@dataclass(eq=False)
class StorageFull(HoldfastError):
    """No room on the data directory's disk; nothing of the request was kept."""

    code: ClassVar[str] = "StorageFull"
    status: int = 507

    @property
    def message(self) -> str:
        return "The server's disk is full; nothing was saved. Ask its administrator to free space."


@dataclass(eq=False)
class OutOfMemory(HoldfastError):
    """A question needs more memory than the process of its model may take."""

    code: ClassVar[str] = "OutOfMemory"
    status: int = 507

    @property
    def message(self) -> str:
        return (
            "This needs more memory than the model may take. Send shorter or fewer inputs at once, ask for fewer new "
            "tokens, or have the administrator raise HOLDFAST_INFERENCE_MODEL_MEMORY_BYTES."
        )


@dataclass(eq=False)
class InternalError(HoldfastError):
    """A defect of ours. Never raised: the renderer answers it for whatever was not expected."""

    code: ClassVar[str] = "InternalError"

    @property
    def message(self) -> str:
        return "Something went wrong on our side. The server's log has the details under this request's id."
