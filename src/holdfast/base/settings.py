"""Program settings, read once from the environment. Nothing else reads `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Everything an administrator can choose. Sizes are in bytes, times in seconds.

    Args:
        data_dir: the one folder to back up.
        external_url: how clients reach the server, with path prefix if any; None means: as each request says.
        path_prefix: the url path under which the server is mounted (`/hub`), empty for the root.
        trust_proxy_headers: believe X-Forwarded-Host/-Proto/-Prefix, for a server behind a reverse proxy.
        open_signup: anybody may create an account.
        database_url: `postgresql://user:password@host/name`; None means SQLite inside the data directory.
        max_regular_file_bytes: larger files must be uploaded as large files (LFS or Xet).
        max_commit_bytes: the body of one commit request.
        max_upload_bytes: one large file.
        inference_memory_bytes: what models at work may take together; None means half of the machine's memory.
        inference_model_memory_bytes: what one model may take; None means as much as all of them.
        inference_idle_seconds: a model that nobody asks for so long is unloaded; 0 means never.
        inference_waiting: requests that may wait for one model.
        inference_wait_seconds: how long a request waits for a model that is being loaded.
        inference_load_seconds: how long loading may take.
        inference_answer_seconds: a model that is silent for so long, though it has questions, is ended.
        inference_device: auto, cpu, cuda, cuda:1 or mps.
        inference_dtype: auto (float32 on a CPU), float32, bfloat16, float16 or int8; owner/name=int8 for one model.
        inference_pinned: models that stay loaded, by their ids.
        inference_attached: models that run on servers with OpenAI's API: owner/name=http://host:port/v1#name-there.
        inference_attached_token: the access token of those servers.
        jobs_slots: processors that running jobs may take together; 0 runs none in this process, None means all.
        jobs_sandbox: bubblewrap confines people's own commands; none runs them with all the server's rights.
        jobs_max_log_bytes: of one job; what is more is cut off.
        jobs_lease_seconds: a worker that is silent for so long is taken for dead; another looks after its jobs.
        jobs_keep_days: how long a job that ended is kept, with its log and files; 0 means for ever.
        jobs_orphan_seconds: how long a job goes on without the server, waiting for it to come back.
        gc_grace_seconds: how long unreachable objects are kept; 22 days, for the clients' Xet cache lives 21.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    external_url: str | None = None
    path_prefix: str = ""
    trust_proxy_headers: bool = False
    open_signup: bool = False
    database_url: str | None = None
    max_regular_file_bytes: int = 32 * MEBIBYTE
    max_commit_bytes: int = 1024 * MEBIBYTE
    max_upload_bytes: int = 500 * 1024 * MEBIBYTE
    gc_grace_seconds: int = 22 * 24 * 3600
    inference_memory_bytes: int | None = None
    inference_model_memory_bytes: int | None = None
    inference_idle_seconds: int = 15 * 60
    inference_waiting: int = 256
    inference_wait_seconds: int = 60
    inference_load_seconds: int = 600
    inference_answer_seconds: int = 300
    inference_device: str = "auto"
    inference_dtype: str = "auto"
    inference_pinned: str = ""
    inference_attached: str = ""
    inference_attached_token: str | None = None
    jobs_slots: int | None = None
    jobs_sandbox: str = "bubblewrap"
    jobs_max_log_bytes: int = 50 * 1000 * 1000
    jobs_lease_seconds: int = 30
    jobs_keep_days: int = 90
    jobs_orphan_seconds: int = 300


_DEFAULT_DATA_DIR = "holdfast-data"


def settings_from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `HOLDFAST_*` variables, each named like its setting; an empty one counts as absent.

    Raises:
        InvalidInput: a variable that does not parse, by its name.
    """
    source = _Environment(os.environ if environment is None else environment)
    read = {field.name: source.read(field) for field in fields(Settings) if field.name != "data_dir"}
    said: dict[str, Any] = {name: value for name, value in read.items() if value is not None}
    settings = Settings(source.data_dir(), **said)
    return replace(
        settings,
        external_url=settings.external_url and settings.external_url.rstrip("/"),
        path_prefix=settings.path_prefix.rstrip("/"),
    )


@dataclass(frozen=True)
class _Environment:
    values: Mapping[str, str]

    def data_dir(self) -> Path:
        return Path(self._text("HOLDFAST_DATA_DIR") or _DEFAULT_DATA_DIR).expanduser().absolute()

    def read(self, field: Field[Any]) -> str | int | bool | None:
        """The value of a setting, by its declared type; None where nothing is said."""
        name = f"HOLDFAST_{field.name.upper()}"
        word = self._text(name)
        kind = str(field.type).removesuffix(" | None")
        if not word or kind == "str":
            return word or None
        return _flag(name, word) if kind == "bool" else _number(name, word)

    def _text(self, name: str) -> str:
        return self.values.get(name, "").strip()


def _number(name: str, word: str) -> int:
    if not (word.isascii() and word.isdecimal()):
        raise InvalidInput(field=name, problem=f"must be a whole number; got {word!r}")
    return int(word)


def _flag(name: str, word: str) -> bool:
    if word.lower() not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise InvalidInput(field=name, problem=f"must be true or false; got {word!r}")
    return word.lower() in ("1", "true", "yes", "on")
