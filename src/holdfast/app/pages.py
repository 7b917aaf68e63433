"""Puts the pages together: which services each group shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.app.admin.service import AdminService
from holdfast.app.changing_pages import changing_pages, new_repo_pages
from holdfast.app.services import Services
from holdfast.base.clock import now_milliseconds
from holdfast.http.routing import Route
from holdfast.training.previewing import PreviewService
from holdfast.ui.page import Pages, open_pages
from holdfast.ui.pages.admin import AdminPages
from holdfast.ui.pages.admin_jobs import AdminJobPages
from holdfast.ui.pages.blob import BlobPages
from holdfast.ui.pages.files import FilePages
from holdfast.ui.pages.history import HistoryPages
from holdfast.ui.pages.home import HomePages
from holdfast.ui.pages.job_schedules import SchedulePages
from holdfast.ui.pages.jobs import JobPages
from holdfast.ui.pages.lists import ListPages
from holdfast.ui.pages.login import LoginPages
from holdfast.ui.pages.model_training import ModelTrainingPages
from holdfast.ui.pages.new_job import NewJobPages
from holdfast.ui.pages.new_training import NewTrainingPages
from holdfast.ui.pages.organizations import OrganizationPages
from holdfast.ui.pages.people import PeoplePages
from holdfast.ui.pages.repo import RepoPages
from holdfast.ui.pages.search import SearchPages
from holdfast.ui.pages.tasks import TaskPages
from holdfast.ui.pages.theme import ThemePages
from holdfast.ui.pages.tokens import TokenPages
from holdfast.ui.pages.training import TrainingPages
from holdfast.ui.pages.training_metrics import TrainingMetricsPages
from holdfast.ui.pages.training_report import TrainingReportPages
from holdfast.ui.pages.trying import Trials
from holdfast.ui.pages.user_settings import UserSettingsPages
from holdfast.ui.rendering import Remembered


def open_site(services: Services) -> Pages:
    """Load templates and static files for these services."""

    def site() -> Mapping[str, Any]:
        found = services.accounts.site.settings()
        return {
            "name": found.instance_name,
            "signup_open": found.open_signup,
            "banner": found.announcement or "",
        }

    return open_pages(now_milliseconds, site)


def fixed_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """Pages and files at addresses of their own; they go before the repos', of which some would be ids."""
    return (
        *pages.assets.table(),
        *ThemePages(pages).table(),
        *ListPages(pages, services.repos.lists).table(),
        *HomePages(pages, services.repos.lists, services.accounts.profiles).table(),
        *TaskPages(pages, services.repos.lists).table(),
        *SearchPages(pages, services.repos.search).table(),
        *LoginPages(pages, services.accounts).table(),
        *UserSettingsPages(pages, services.accounts).table(),
        *TokenPages(pages, services.accounts).table(),
        *OrganizationPages(pages, services.accounts).table(),
        *AdminPages(pages, services.accounts, AdminService(services)).table(),
        *_job_pages(pages, services),
        *_training_pages(pages, services),
        *_people_pages(pages, services).fixed_table(),
        *new_repo_pages(pages, services),
    )


JOBS_ELSEWHERE: Mapping[str, str] = {"training": "/training/{namespace}/{id}"}
"""Kinds of jobs that have pages of their own: kind → path, with `{namespace}` and `{id}` of the job."""


def _job_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    return (
        *AdminJobPages(pages, services.jobs, JOBS_ELSEWHERE).table(),
        *NewJobPages(pages, services.jobs).table(),
        *SchedulePages(pages, services.accounts, services.jobs).table(),
        *JobPages(pages, services.accounts, services.jobs, JOBS_ELSEWHERE).table(),
    )


def _training_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    previews = PreviewService(services.repos.reads, services.repos.files)
    incoming = services.settings.data_dir
    return (
        *NewTrainingPages(pages, services.jobs, services.training, previews, services.repos.lists, incoming).table(),
        *TrainingPages(pages, services.accounts, services.jobs, services.training).table(),
        *TrainingReportPages(pages, services.training).table(),
    )


def repo_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """Pages of repos, more specific ones first."""
    repos = services.repos
    return (
        *_front_pages(pages, services).table(),
        *FilePages(pages, repos.folders, repos.headers).table(),
        *BlobPages(pages, repos.files).table(),
        *HistoryPages(pages, repos.history, repos.reads, repos.headers).table(),
        *TrainingMetricsPages(pages, repos.files, repos.headers).table(),
        *ModelTrainingPages(pages, repos.files, repos.headers).table(),
        *changing_pages(pages, services),
    )


def namespace_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """`/{namespace}` matches every address of one word, and the front page of repos even more: these come last."""
    return (*_people_pages(pages, services).table(), *_front_pages(pages, services).front())


def _people_pages(pages: Pages, services: Services) -> PeoplePages:
    repos = services.repos
    return PeoplePages(pages, services.accounts.profiles, repos.lists, repos.likes, services.gate)


def _front_pages(pages: Pages, services: Services) -> RepoPages:
    repos = services.repos
    trials = Trials(services.inference, services.settings.data_dir)
    return RepoPages(pages, repos.overviews, repos.likes, repos.gating, Remembered(), trials)
