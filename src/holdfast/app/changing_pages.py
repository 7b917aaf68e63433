"""Puts together the pages by which people change repos."""

from __future__ import annotations

from holdfast.app.services import Services
from holdfast.http.routing import Route
from holdfast.hub.repos.service.editing import EditService
from holdfast.hub.repos.service.uploading import UploadService
from holdfast.ui.page import Pages
from holdfast.ui.pages.community import CommunityPages
from holdfast.ui.pages.edit import EditPages
from holdfast.ui.pages.new_repo import NewRepoPages
from holdfast.ui.pages.repo_settings import RepoSettingsPages
from holdfast.ui.pages.upload import UploadPages
from holdfast.ui.rendering import Remembered


def new_repo_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """The forms for new repos, at addresses of their own."""
    return NewRepoPages(pages, services.accounts.profiles, services.repos.lifecycle).table()


def changing_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """Pages below a repo's address."""
    repos = services.repos
    edits = EditService(services.database, services.gate, repos.pool, repos.pulls, repos.commits)
    uploads = UploadService(services.gate, repos.preuploads, repos.commits, services.lfs.transfers)
    return (
        *CommunityPages(pages, repos.headers, services.community, Remembered()).table(),
        *RepoSettingsPages(pages, repos, services.accounts.profiles).table(),
        *EditPages(pages, repos.headers, edits).table(),
        *UploadPages(pages, repos.headers, edits, uploads, services.settings.data_dir).table(),
    )
