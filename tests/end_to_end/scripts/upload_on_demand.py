"""Run by `workload.RealClient`: uploads what it is told to, line by line, with huggingface_hub and hf_xet."""

# ruff: noqa: T201 - its answers
import json
import random
import sys

from huggingface_hub import HfApi

api = HfApi()
for line in sys.stdin:
    job = json.loads(line)
    content = random.Random(job["seed"]).randbytes(job["size"])
    commit = api.upload_file(path_or_fileobj=content, path_in_repo=job["path"], repo_id=job["repo"])
    print(json.dumps({"oid": commit.oid}), flush=True)
