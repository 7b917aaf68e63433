"""One large file and many small ones, up and down, beside the servers that people use for such files today.

Peers: MLflow's artifact proxy, giftless (an LFS server) with git-lfs, and nginx with WebDAV as the physical limit; the
Hub once with git-lfs and once with huggingface_hub, which uploads through Xet. All servers run at once and are used by
turns. MLflow and nginx get curl with eight connections, the cheapest client there is. CPU and memory are those of each
server's process tree.

    python -m benchmarks.peers --install            # MLflow and giftless into .venvs/, as pinned in peers.txt
    python -m benchmarks.peers [--quick] [--mebibytes 1024] [--files 2000] [--rounds 3]

nginx is used when it is installed (`apt-get install nginx-light`, or unpacked into .venvs/bench-nginx).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.clients import create_repo
from benchmarks.harness import (
    MEBIBYTE,
    Costs,
    Program,
    cpu_seconds,
    free_port,
    peak_resident_bytes,
    wait_for_port,
    write_random,
)
from tests.live_server import LiveServer, User, live_server

VENVS = Path(__file__).resolve().parents[1] / ".venvs"
ALICE = User("alice")
SMALL_BYTES = 10 * 1024
UPLOAD = (
    "import sys; from huggingface_hub import HfApi; HfApi().upload_folder(repo_id=sys.argv[1], folder_path=sys.argv[2])"
)
DOWNLOAD = (
    "import sys; from huggingface_hub import snapshot_download; snapshot_download(sys.argv[1], cache_dir=sys.argv[2])"
)


class Peer:
    """A server and its client. `up` sends a folder of files, `down` fetches what `up` sent under the same name."""

    pid: int

    def prepare(self, name: str, source: Path) -> None:
        """Whatever the client does before it talks to the server; not measured."""

    def up(self, name: str, source: Path) -> None:
        """Send."""
        raise NotImplementedError

    def prepare_down(self, name: str, target: Path) -> None:
        """As `prepare`."""

    def down(self, name: str, target: Path) -> None:
        """Fetch into an empty folder that exists."""
        raise NotImplementedError


class Curl(Peer):
    """PUT and GET of single files below an address."""

    def __init__(self, pid: int, base: str) -> None:
        self.pid = pid
        self._base = base
        self._names: dict[str, list[str]] = {}

    def up(self, name: str, source: Path) -> None:
        """Send."""
        self._names[name] = sorted(path.name for path in source.iterdir())
        self._run(
            [f'upload-file = "{source / each}"\nurl = "{self._base}/{name}/{each}"' for each in self._names[name]]
        )

    def down(self, name: str, target: Path) -> None:
        """Fetch."""
        self._run([f'output = "{target / each}"\nurl = "{self._base}/{name}/{each}"' for each in self._names[name]])

    def _run(self, transfers: list[str]) -> None:
        command = ["curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "8", "--config", "-"]
        finished = subprocess.run(command, input="\n".join(transfers), text=True, capture_output=True, check=False)
        if finished.returncode:
            raise RuntimeError(finished.stderr[-2000:])


class GitLfs(Peer):
    """git-lfs against an LFS server; git itself stays local."""

    def __init__(self, pid: int, folder: Path, lfs_url: Callable[[str], str]) -> None:
        self.pid = pid
        self._folder = folder
        self._lfs_url = lfs_url

    def prepare(self, name: str, source: Path) -> None:
        """Commit the files as pointers."""
        work = self._folder / name
        shutil.copytree(source, work)
        (work / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
        git("init", "-q", "-b", "main", str(work))
        git("-C", str(work), "lfs", "install", "--local")
        git("-C", str(work), "add", "-A")
        git("-C", str(work), "commit", "-qm", "files")
        git("-C", str(work), "remote", "add", "origin", str(work))
        git("-C", str(work), "config", "lfs.url", self._lfs_url(name))

    def up(self, name: str, source: Path) -> None:  # noqa: ARG002 - as in Peer
        """Send."""
        git("-C", str(self._folder / name), "lfs", "push", "--all", "origin", "main")

    def prepare_down(self, name: str, target: Path) -> None:
        """A clone that has the pointers."""
        git("clone", "-q", str(self._folder / name), str(target))
        git("-C", str(target), "config", "lfs.url", self._lfs_url(name))

    def down(self, name: str, target: Path) -> None:  # noqa: ARG002 - as in Peer
        """Fetch."""
        git("-C", str(target), "lfs", "fetch", "origin", "main")


class HubClient(Peer):
    """huggingface_hub as it comes."""

    def __init__(self, server: LiveServer, folder: Path) -> None:
        self.pid = server.process.pid
        self._server = server
        self._folder = folder

    def prepare(self, name: str, source: Path) -> None:  # noqa: ARG002 - as in Peer
        """Create the repo."""
        create_repo(self._server, ALICE, name)

    def up(self, name: str, source: Path) -> None:
        """Send."""
        self._run(UPLOAD, f"{ALICE.name}/{name}", str(source))

    def down(self, name: str, target: Path) -> None:
        """Fetch."""
        self._run(DOWNLOAD, f"{ALICE.name}/{name}", str(target))

    def _run(self, code: str, *words: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HF_ENDPOINT": self._server.url,
            "HF_TOKEN": ALICE.token,
            "HF_HOME": str(self._folder / "hf-home"),
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        subprocess.run([sys.executable, "-c", code, *words], env=environment, check=True, capture_output=True)


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--quick", action="store_true", help="64 MiB, 200 files, one round")
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.install:
        return install()
    if arguments.quick:
        arguments.mebibytes, arguments.files, arguments.rounds = 64, 200, 1
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        peers = start_all(stack, folder)
        costs = compare(folder, peers, arguments)
        report(peers, costs, arguments)
    return 0


def compare(folder: Path, peers: dict[str, Peer], arguments: argparse.Namespace) -> dict[tuple[str, str], Costs]:
    """All rounds; peers take turns in an order that changes."""
    costs: dict[tuple[str, str], Costs] = defaultdict(Costs)
    names = list(peers)
    for number in range(arguments.rounds):
        order = names[number % len(names) :] + names[: number % len(names)]
        for kind in ("large", "small"):
            source = make_files(folder / f"{kind}{number}", kind, arguments, seed=number)
            for peer in order:
                measure(peers[peer], f"{kind}{number}", source, folder / "target", costs, (peer, kind))
            shutil.rmtree(source)
    return costs


def measure(
    peer: Peer,
    name: str,
    source: Path,
    target: Path,
    costs: dict[tuple[str, str], Costs],
    key: tuple[str, str],
) -> None:
    """One folder up and down."""
    peer.prepare(name, source)
    with measured(peer.pid, costs[key[0], f"{key[1]} up"]):
        peer.up(name, source)
    target.mkdir()
    peer.prepare_down(name, target)
    with measured(peer.pid, costs[key[0], f"{key[1]} down"]):
        peer.down(name, target)
    shutil.rmtree(target)


@contextmanager
def measured(pid: int, costs: Costs) -> Iterator[None]:
    """Add what the block costs the server."""
    cpu, began = cpu_seconds(pid), time.perf_counter()
    yield
    costs.wall.append(time.perf_counter() - began)
    costs.cpu.append(cpu_seconds(pid) - cpu)


def make_files(folder: Path, kind: str, arguments: argparse.Namespace, seed: int) -> Path:
    """One large file or many small ones, of bytes that nobody had before."""
    folder.mkdir()
    if kind == "large":
        write_random(folder / "large.bin", arguments.mebibytes * MEBIBYTE, seed)
    else:
        for number in range(arguments.files):
            (folder / f"f{number:05}.bin").write_bytes(os.urandom(SMALL_BYTES))
    return folder


def report(peers: dict[str, Peer], costs: dict[tuple[str, str], Costs], arguments: argparse.Namespace) -> None:
    """Medians of the rounds: CPU seconds of the server, and wall seconds."""
    print(f"{arguments.mebibytes} MiB in one file; {arguments.files} files of 10 KiB; {arguments.rounds} round(s)")
    phases = ("large up", "large down", "small up", "small down")
    print(f"{'server CPU s / wall s':34}" + "".join(f"{phase:>18}" for phase in phases) + f"{'peak RSS MiB':>15}")
    for name, peer in peers.items():
        figures = (costs[name, phase] for phase in phases)
        cells = "".join(f"{f'{cost.cpu_median:.2f} / {cost.wall_median:.1f}':>18}" for cost in figures)
        print(f"{name:34}{cells}{peak_resident_bytes(peer.pid) / MEBIBYTE:15.0f}", flush=True)


def start_all(stack: ExitStack, folder: Path) -> dict[str, Peer]:
    """Start whatever is installed."""
    peers: dict[str, Peer] = {}
    hub = stack.enter_context(live_server(folder / "hub", users=[ALICE]))
    peers["Holdfast, huggingface_hub (Xet)"] = HubClient(hub, folder)
    lfs_hub = stack.enter_context(live_server(folder / "lfs-hub", users=[ALICE]))
    peers["Holdfast, git-lfs"] = GitLfs(lfs_hub.process.pid, _made(folder / "git-hub"), _hub_lfs(lfs_hub))
    starters = {
        "giftless, git-lfs": start_giftless,
        "MLflow artifact proxy, curl": start_mlflow,
        "nginx, curl": start_nginx,
    }
    for name, start in starters.items():
        peer = start(stack, _made(folder / name.split(",")[0].split()[0]))
        if peer is None:
            print(f"{name}: not installed, left out", file=sys.stderr)
        else:
            peers[name] = peer
    return peers


def _hub_lfs(server: LiveServer) -> Callable[[str], str]:
    def url(name: str) -> str:
        if name not in known:
            known.add(name)
            create_repo(server, ALICE, name)
        return f"{server.url.replace('://', f'://{ALICE.name}:{ALICE.token}@')}/{ALICE.name}/{name}.git/info/lfs"

    known: set[str] = set()
    return url


def start_giftless(stack: ExitStack, folder: Path) -> Peer | None:
    """Two workers, storage on disk, no authentication."""
    program = VENVS / "bench-giftless" / "bin" / "gunicorn"
    if not program.exists():
        return None
    config = folder / "giftless.yaml"
    config.write_text(
        "AUTH_PROVIDERS:\n"
        "  - giftless.auth.allow_anon:read_write\n"
        "TRANSFER_ADAPTERS:\n"
        "  basic:\n"
        "    factory: giftless.transfer.basic_streaming:factory\n"
        "    options:\n"
        "      storage_class: giftless.storage.local_storage:LocalStorage\n"
        "      storage_options:\n"
        f"        path: {folder / 'objects'}\n"
    )
    port = free_port()
    command = [program, "--workers", 2, "--threads", 4, "--timeout", 600, "-b", f"127.0.0.1:{port}"]
    server = _start(
        stack, [*command, "giftless.wsgi_entrypoint:app"], folder, port, {"GIFTLESS_CONFIG_FILE": str(config)}
    )
    return GitLfs(server.pid, _made(folder / "git"), lambda name: f"http://127.0.0.1:{port}/bench/{name}")


def start_mlflow(stack: ExitStack, folder: Path) -> Peer | None:
    """Two workers, artifacts on disk."""
    program = VENVS / "bench-mlflow" / "bin" / "mlflow"
    if not program.exists():
        return None
    port = free_port()
    command = [program, "server", "--host", "127.0.0.1", "--port", port, "--workers", 2, "--serve-artifacts"]
    places = [
        "--backend-store-uri",
        f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination",
        folder / "artifacts",
    ]
    server = _start(stack, [*command, *places], folder, port, {"MLFLOW_DISABLE_TELEMETRY": "true"})
    return Curl(server.pid, f"http://127.0.0.1:{port}/api/2.0/mlflow-artifacts/artifacts")


def start_nginx(stack: ExitStack, folder: Path) -> Peer | None:
    """PUT by WebDAV, GET by sendfile."""
    unpacked = VENVS / "bench-nginx" / "usr" / "sbin" / "nginx"
    program = str(unpacked) if unpacked.exists() else shutil.which("nginx")
    if program is None:
        return None
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log; user root;\n"
        "events { worker_connections 256; }\n"
        "http { access_log off; sendfile on; client_max_body_size 0;\n"
        f" client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n"
        f" uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n"
        f" server {{ listen 127.0.0.1:{port}; root {_made(folder / 'files')};\n"
        "  location / { dav_methods PUT; create_full_put_path on; } } }\n"
    )
    server = _start(stack, [program, "-c", config, "-p", folder], folder, port, {})
    return Curl(server.pid, f"http://127.0.0.1:{port}")


def _start(stack: ExitStack, command: list[object], folder: Path, port: int, environment: dict[str, str]) -> Program:
    program = Program(command, folder / "server.log", environment)
    stack.callback(program.stop)
    wait_for_port(port, 180)
    return program


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def git(*arguments: str) -> None:
    """Run git with a configuration of its own."""
    options = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "lfs.locksverify=false")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": tempfile.gettempdir(),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    finished = subprocess.run(
        ["git", *options, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise RuntimeError(f"git {' '.join(arguments)}: {finished.stderr[-2000:]}")


def install() -> int:
    """Put the pinned peers into virtual environments of their own."""
    for name, lines in _pins().items():
        venv = VENVS / f"bench-{name}"
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "--quiet", *lines], check=True)
    return 0


def _pins() -> dict[str, list[str]]:
    """Requirements by the name in the `# name:` line above them."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in Path(__file__).with_name("peers.txt").read_text().splitlines():
        if line.startswith("# ") and line.split(" ")[1].rstrip(":") in ("mlflow", "giftless"):
            current = found.setdefault(line.split(" ")[1].rstrip(":"), [])
        elif line and not line.startswith("#"):
            current.append(line)
    return found


if __name__ == "__main__":
    sys.exit(main())
