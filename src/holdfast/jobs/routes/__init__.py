"""HTTP in and out of jobs: the Hub's Jobs API."""

from __future__ import annotations

from holdfast.base.clock import Clock
from holdfast.http.routing import Route
from holdfast.jobs.routes.jobs import JobRoutes
from holdfast.jobs.routes.schedules import ScheduleRoutes
from holdfast.jobs.service import JobServices

__all__ = ["table"]


def table(services: JobServices, clock: Clock) -> tuple[Route, ...]:
    """All routes."""
    return (*JobRoutes(services.jobs, clock).table(), *ScheduleRoutes(services.schedules, clock).table())
