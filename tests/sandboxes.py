"""How jobs of people are confined in tests: as on a server where this machine can do that, else not at all.

What a sandbox keeps out is tested in `tests/contract/test_sandboxes.py`; here only that jobs run.
"""

from __future__ import annotations

from holdfast.backends.sandboxes.factory import open_sandbox


def jobs_environment() -> dict[str, str]:
    """Variables for a live server whose jobs run on this machine."""
    problem = open_sandbox("bubblewrap").problem()
    return {} if problem is None else {"HOLDFAST_JOBS_SANDBOX": "none"}
