"""The one place that says who may do what. Pure rules: callers look up roles and standings.

A decision has three parts, and all must agree: what the user's role allows, what the credential allows at most, and
what the repo's own state (private, gated, disabled) asks for.

Source of the roles: the Hub's documentation, "Access control in organizations" and "User access tokens".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.accounts.domain import Namespace, OrgRole
from holdfast.base.errors import (
    DisabledRepo,
    Forbidden,
    GatedRepo,
    HoldfastError,
    LoginRequired,
    NotFound,
    RepoNotFound,
)
from holdfast.base.identity import Actor, Permission, TokenRole

_LADDER = (
    Permission.SEE_REPO,
    Permission.READ_REPO,
    Permission.DISCUSS_REPO,
    Permission.WRITE_REPO,
    Permission.ADMIN_REPO,
)
"""Each includes those before it."""
NO_JOBS = "This job or namespace"
"""The words of every 404 about jobs, so that they tell nothing apart."""


@dataclass(frozen=True)
class RepoStanding:
    """All that permissions ask of a repo, as one actor meets it.

    Args:
        text_key: `model:alice/bert`, lower case.
        repo_id: as its owner writes it, for messages.
        gate_accepted: the actor's access request was accepted.
        creator_id: the user who created the repo; None when unknown.
    """

    text_key: str
    repo_id: str
    namespace_id: int
    namespace: str
    private: bool
    gated: bool
    gate_accepted: bool
    disabled: bool
    creator_id: int | None


@dataclass(frozen=True)
class Visibility:
    """Which private repos an actor finds in lists.

    Args:
        everything: all of them; the other two are then empty.
        namespace_ids: those of these namespaces.
        repo_keys: these single ones (`model:alice/bert`), named by a fine-grained token.
    """

    everything: bool = False
    namespace_ids: frozenset[int] = frozenset()
    repo_keys: frozenset[str] = frozenset()


def check(actor: Actor, role: OrgRole | None, standing: RepoStanding, permission: Permission) -> None:
    """Raise unless the actor may do this with the repo.

    Args:
        actor: the caller.
        role: the actor's role in the namespace that owns the repo; None for strangers.
        standing: the repo's state.
        permission: one of the `*_REPO` permissions.

    Raises:
        RepoNotFound: private and none of the actor's business; the same as for an absent repo.
        DisabledRepo: closed by moderation.
        LoginRequired: anonymous, and the permission needs somebody.
        GatedRepo: seen by everybody, but the actor was not accepted.
        Forbidden: no right to write, or a credential without it.
    """
    insider = _covered(actor, standing, Permission.SEE_REPO) and (role is not None or actor.is_site_admin)
    if standing.private and not insider:
        raise RepoNotFound(status=401 if actor.is_anonymous else 404)
    if standing.disabled and not actor.is_site_admin and not (insider and permission is Permission.SEE_REPO):
        raise DisabledRepo
    if permission is Permission.SEE_REPO:
        return
    if permission is not Permission.READ_REPO and actor.is_anonymous:
        raise LoginRequired
    if permission in (Permission.READ_REPO, Permission.DISCUSS_REPO):
        _check_read(actor, standing, insider=insider)
    elif not _may_write(actor, role, standing):
        raise Forbidden(reason=f"You don't have the rights to write to {standing.repo_id}.")
    if not _credential_allows(actor, standing, permission):
        raise Forbidden(reason=f"Your access token doesn't allow this on {standing.repo_id}.")


def allows(actor: Actor, role: OrgRole | None, standing: RepoStanding, permission: Permission) -> bool:
    """Whether `check` passes."""
    try:
        check(actor, role, standing, permission)
    except HoldfastError:
        return False
    return True


def check_create(actor: Actor, role: OrgRole | None, namespace: str) -> None:
    """Raise unless the actor may create repos in a namespace.

    Raises:
        LoginRequired: anonymous.
        Forbidden: not a contributor there, or a credential without the right.
    """
    if actor.is_anonymous:
        raise LoginRequired
    if not actor.is_site_admin and (role is None or not role.includes(OrgRole.CONTRIBUTOR)):
        raise Forbidden(reason=f'You don\'t have the rights to create a repo under the namespace "{namespace}"')
    if not _may_write_in(actor, namespace):
        raise Forbidden(reason=f'Your access token doesn\'t allow to create a repo under the namespace "{namespace}"')


def check_see_jobs(actor: Actor, role: OrgRole | None, namespace: str) -> None:
    """Raise unless the actor may see what runs in a namespace.

    Raises:
        LoginRequired: anonymous.
        NotFound: none of the actor's business; the same as for an absent namespace.
    """
    if actor.is_anonymous:
        raise LoginRequired
    if (role is None and not actor.is_site_admin) or not _reaches_in(actor, namespace, Permission.SEE_REPO):
        raise NotFound(what=NO_JOBS)


def check_run_jobs(actor: Actor, role: OrgRole | None, namespace: str) -> None:
    """Raise unless the actor may run jobs in a namespace: spend its processors, and act there.

    Raises:
        LoginRequired: anonymous.
        NotFound: none of the actor's business; the same as for an absent namespace.
        Forbidden: a member who may only read, or a credential without the right.
    """
    check_see_jobs(actor, role, namespace)
    if not actor.is_site_admin and (role is None or not role.includes(OrgRole.CONTRIBUTOR)):
        raise Forbidden(reason=f"You don't have the rights to run jobs under the namespace {namespace}.")
    if not _may_write_in(actor, namespace):
        raise Forbidden(reason=f"Your access token doesn't allow to run jobs under the namespace {namespace}.")


def check_account(actor: Actor, permission: Permission) -> None:
    """Raise unless the actor may do something that is about no repo and no organization.

    Raises:
        LoginRequired: anonymous, where somebody must be known.
        Forbidden: the wrong user or a credential without the right.
    """
    if permission is Permission.PUBLIC:
        return
    if actor.is_anonymous:
        raise LoginRequired
    if permission is Permission.OWN_ACCOUNT and actor.token_role is not None:
        raise Forbidden(reason="Access tokens can't do this. Log in with your password.")
    if permission is Permission.SITE_ADMIN and not actor.is_site_admin:
        raise Forbidden(reason="Only administrators of this Holdfast may do this.")
    if permission in (Permission.WRITE_OWN, Permission.SITE_ADMIN) and not _may_write_own(actor):
        raise Forbidden(reason="Your access token only allows to read.")


def check_org_admin(actor: Actor, role: OrgRole | None, org: str) -> None:
    """Raise unless the actor may manage the members and settings of an organization.

    Raises:
        LoginRequired: anonymous.
        Forbidden: not an admin there, or a credential without the right.
    """
    if actor.is_anonymous:
        raise LoginRequired
    if not actor.is_site_admin and role is not OrgRole.ADMIN:
        raise Forbidden(reason=f"Only admins of {org} may do this.")
    if actor.token_role not in (None, TokenRole.WRITE):
        raise Forbidden(reason="Your access token doesn't allow this.")


def visibility(actor: Actor, namespaces: Sequence[Namespace]) -> Visibility:
    """Which private repos an actor finds in lists.

    Args:
        actor: the caller.
        namespaces: those where the actor has a role.
    """
    if actor.token_role is not TokenRole.FINE_GRAINED:
        if actor.is_site_admin:
            return Visibility(everything=True)
        return Visibility(namespace_ids=frozenset(namespace.id for namespace in namespaces))
    scopes = {grant.scope.lower() for grant in actor.grants if _reach(grant.permissions) >= 0}
    own_keys = {namespace.key for namespace in namespaces}
    return Visibility(
        namespace_ids=frozenset(namespace.id for namespace in namespaces if namespace.key in scopes),
        repo_keys=frozenset(
            scope for scope in scopes if ":" in scope and scope.partition(":")[2].partition("/")[0] in own_keys
        ),
    )


def _check_read(actor: Actor, standing: RepoStanding, *, insider: bool) -> None:
    accepted = standing.gate_accepted and _covered(actor, standing, Permission.READ_REPO)
    if standing.gated and not insider and not accepted:
        raise GatedRepo(status=401 if actor.is_anonymous else 403, repo_id=standing.repo_id)


def _may_write(actor: Actor, role: OrgRole | None, standing: RepoStanding) -> bool:
    if actor.is_site_admin:
        return True
    if role is None or not role.includes(OrgRole.CONTRIBUTOR):
        return False
    return role.includes(OrgRole.WRITE) or standing.creator_id == actor.user_id


def _credential_allows(actor: Actor, standing: RepoStanding, permission: Permission) -> bool:
    if permission is Permission.READ_REPO and not standing.private and not standing.gated:
        return True
    if actor.token_role is TokenRole.READ:
        return permission in (Permission.SEE_REPO, Permission.READ_REPO)
    return _covered(actor, standing, permission)


def _covered(actor: Actor, standing: RepoStanding, permission: Permission) -> bool:
    # Only fine-grained tokens narrow down *where* a credential counts.
    if actor.token_role is not TokenRole.FINE_GRAINED:
        return True
    scopes = (standing.namespace.lower(), standing.text_key)
    wanted = _LADDER.index(permission)
    return any(grant.scope.lower() in scopes and _reach(grant.permissions) >= wanted for grant in actor.grants)


def _may_write_in(actor: Actor, namespace: str) -> bool:
    if actor.token_role is not TokenRole.FINE_GRAINED:
        return actor.token_role is not TokenRole.READ
    return _reaches_in(actor, namespace, Permission.WRITE_REPO)


def _reaches_in(actor: Actor, namespace: str, permission: Permission) -> bool:
    if actor.token_role is not TokenRole.FINE_GRAINED:
        return True
    wanted = _LADDER.index(permission)
    return any(
        grant.scope.lower() == namespace.lower() and _reach(grant.permissions) >= wanted for grant in actor.grants
    )


def _may_write_own(actor: Actor) -> bool:
    if actor.token_role is not TokenRole.FINE_GRAINED:
        return actor.token_role is not TokenRole.READ
    own = (actor.username or "").lower()
    return any(grant.scope.lower() == own and Permission.WRITE_OWN in grant.permissions for grant in actor.grants)


def _reach(permissions: frozenset[Permission]) -> int:
    # How far up the ladder a grant reaches; -1 when it says nothing about repos.
    return max((_LADDER.index(permission) for permission in permissions if permission in _LADDER), default=-1)
