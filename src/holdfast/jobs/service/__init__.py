"""The use cases of jobs; `JobServices` holds them for `app`, routes, pages and other capabilities."""

from __future__ import annotations

from holdfast.jobs.service.dispatching import Dispatcher, DispatchRules
from holdfast.jobs.service.jobs import Jobs
from holdfast.jobs.service.opening import JobServices, Machine, open_jobs
from holdfast.jobs.service.scheduling import Schedules

__all__ = ["DispatchRules", "Dispatcher", "JobServices", "Jobs", "Machine", "Schedules", "open_jobs"]
