"""Single steps with huggingface_hub, for tests that look at what goes over the wire: `xet.py STEP ARGUMENTS…`.

Runs inside the client's environment, so it imports nothing but huggingface_hub and the standard library.
"""

import hashlib
import sys
from pathlib import Path

from huggingface_hub import HfApi, HfFileSystem, hf_hub_download


def upload(repo_id, path, name):
    """Send a file."""
    HfApi().upload_file(path_or_fileobj=path, path_in_repo=name, repo_id=repo_id)


def propose(repo_id, path, name):
    """Send a file as a pull request."""
    print(HfApi().upload_file(path_or_fileobj=path, path_in_repo=name, repo_id=repo_id, create_pr=True).pr_revision)


def download(repo_id, name, revision="main"):
    """Fetch a file and print its SHA-256."""
    path = hf_hub_download(repo_id, name, revision=revision)
    print(hashlib.sha256(Path(path).read_bytes()).hexdigest())


def read_range(repo_id, name, start, end):
    """Read a range the way data libraries do, and print its SHA-256."""
    with HfFileSystem().open(f"{repo_id}/{name}", "rb", block_size=65536) as file:
        file.seek(int(start))
        print(hashlib.sha256(file.read(int(end) - int(start))).hexdigest())


STEPS = {step.__name__: step for step in (upload, propose, download, read_range)}

if __name__ == "__main__":
    STEPS[sys.argv[1]](*sys.argv[2:])
