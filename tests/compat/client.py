"""A client library in its own environment, driven from outside: scripts in, exit status and words out."""

from __future__ import annotations

import os
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tests.client_venv import client_venv

FOLDER = Path(__file__).resolve().parent
SCRIPTS = FOLDER / "scripts"
HUB_CLIENTS = ("hub-2.4.0", "hub-1.33.0", "hub-1.5.0", "hub-0.36.2")
TIMEOUT_SECONDS = 240


@dataclass(frozen=True)
class ClientSpec:
    """One line of `clients.toml`."""

    name: str
    requirements: tuple[str, ...]
    light: bool = False
    alone: tuple[str, ...] = ()


def read_clients() -> dict[str, ClientSpec]:
    """The client matrix by name."""
    document = tomllib.loads((FOLDER / "clients.toml").read_text())
    return {
        name: ClientSpec(name, tuple(entry["requirements"]), entry.get("light", False), tuple(entry.get("alone", ())))
        for name, entry in document["clients"].items()
    }


@dataclass(frozen=True)
class Client:
    """A client that knows nothing but an endpoint, a token and an empty home.

    Args:
        python: of the environment it lives in.
        home: HF_HOME; nothing of the machine's own configuration is seen.
        variables: what is exported besides, HF_ENDPOINT and HF_TOKEN among them.
    """

    python: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    timeout_seconds: int = TIMEOUT_SECONDS

    @classmethod
    def of(cls, name: str, home: Path, *, endpoint: str, token: str, xet: bool = True) -> Client:
        """Make sure the environment exists and bind a client of it to a server."""
        spec = read_clients()[name]
        python = client_venv(f"compat-{name}", spec.requirements, alone=spec.alone)
        variables = {"HF_ENDPOINT": endpoint, "HF_TOKEN": token}
        if not xet:
            variables["HF_HUB_DISABLE_XET"] = "1"
        return cls(python, home, variables)

    @property
    def environment(self) -> dict[str, str]:
        """What a user's shell would export."""
        foreign = ("HF_", "HUGGING", "TRANSFORMERS_", "GIT_", "PYTHONPATH", "PYTEST")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        own = {
            "HOME": str(self.home),
            "HF_HOME": str(self.home / "huggingface"),
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "DISABLE_SAFETENSORS_CONVERSION": "1",
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
        return {**inherited, **own, **self.variables}

    def script(self, name: str, *arguments: str) -> str:
        """Run `scripts/<name>.py` in the client's environment and return what it printed."""
        return self.run(str(self.python), str(SCRIPTS / f"{name}.py"), *arguments)

    def hf(self, *arguments: str) -> str:
        """Run the `hf` command of the client's environment."""
        return self.run(str(self.python.with_name("hf")), *arguments)

    def run(self, *command: str, folder: Path | None = None) -> str:
        """Run any program as this user.

        Raises:
            AssertionError: it failed; the message holds everything it said.
        """
        finished = subprocess.run(
            command,
            cwd=folder or self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.timeout_seconds,
            check=False,
        )
        assert finished.returncode == 0, f"{' '.join(command)}\nended with {finished.returncode}:\n{finished.stdout}"
        return finished.stdout
