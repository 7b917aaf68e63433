"""Runs benchmarks: `./dev bench` all, `./dev bench NAME [OPTIONS]` one, `./dev bench --list` tells their names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NO_BENCHMARK = {"__init__", "__main__", "harness", "clients"}


def main() -> int:
    """Run what was asked for; the exit status is 1 when one of them failed or missed its goal."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_BENCHMARK)
    words = sys.argv[1:]
    if words == ["--list"]:
        print("\n".join(names))
        return 0
    asked = [
        word.removesuffix(".py") for word in words if not word.startswith("-") and word.removesuffix(".py") in names
    ]
    if words and not asked:
        print(f"No such benchmark. There are: {', '.join(names)}", file=sys.stderr)
        return 2
    if asked:
        return run(asked[0], words[1:])
    return max([run(name, []) for name in names])


def run(name: str, options: list[str]) -> int:
    """Run one in a process of its own."""
    print(f"== {name}", flush=True)
    finished = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], cwd=HERE.parent, check=False)
    return int(finished.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
