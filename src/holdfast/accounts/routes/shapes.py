"""How accounts look in JSON. Source: huggingface_hub 2.4.0 hf_api.py `User`, `Organization`, `whoami`; _login.py."""

from __future__ import annotations

from typing import Any

from holdfast.accounts.auditing import AuditEvent
from holdfast.accounts.domain import AccessToken, LoginSession, Membership, Namespace, RepoCounts, TokenOrigin, User
from holdfast.accounts.service.profiles import Identity, OrganizationOverview, UserOverview
from holdfast.base.clock import iso
from holdfast.base.identity import Grant, TokenRole


def whoami(identity: Identity) -> dict[str, Any]:
    """The answer of `/api/whoami-v2`. Nobody pays here, and nobody checks e-mail addresses."""
    user = identity.user
    return {
        "type": "user",
        "id": user.namespace.uid,
        "name": user.name,
        "fullname": user.namespace.fullname,
        "email": user.email,
        "emailVerified": False,
        "canPay": False,
        "periodEnd": None,
        "isPro": False,
        "isAdmin": user.is_site_admin,
        "avatarUrl": _avatar(user.namespace),
        "orgs": [_own_org(membership) for membership in identity.orgs],
        "auth": _auth(identity.token),
    }


def user_overview(overview: UserOverview) -> dict[str, Any]:
    """The answer of `/api/users/{name}/overview`."""
    namespace = overview.user.namespace
    return {
        **user_item(namespace),
        "createdAt": iso(namespace.created_at),
        "details": namespace.bio,
        "orgs": [_org(membership.namespace) for membership in overview.orgs],
        "numFollowing": 0,
        "numFollowers": 0,
        **_counts(overview.counts),
    }


def organization_overview(overview: OrganizationOverview) -> dict[str, Any]:
    """The answer of `/api/organizations/{name}/overview`."""
    return {
        **_org(overview.org),
        "type": "org",
        "createdAt": iso(overview.org.created_at),
        "details": overview.org.bio,
        "isVerified": False,
        "isFollowing": False,
        "numUsers": overview.member_count,
        "numFollowers": 0,
        **_counts(overview.counts),
    }


def user_item(namespace: Namespace) -> dict[str, Any]:
    """A user in a list."""
    return {
        "_id": namespace.uid,
        "type": "user",
        "user": namespace.name,
        "fullname": namespace.fullname,
        "avatarUrl": _avatar(namespace),
        "isPro": False,
        "isFollowing": False,
    }


def access_token(token: AccessToken) -> dict[str, Any]:
    """A token as its owner sees it, without the secret."""
    return {
        "id": token.id,
        "displayName": token.name,
        "role": token.role.value,
        "createdAt": iso(token.created_at),
        "lastUsedAt": _optional(token.last_used_at),
        "expiresAt": _optional(token.expires_at),
        "grants": [_grant(grant) for grant in token.grants],
    }


def login_session(session: LoginSession) -> dict[str, Any]:
    """A login session as its owner sees it."""
    return {
        "id": session.id,
        "createdAt": iso(session.created_at),
        "lastSeenAt": _optional(session.last_seen_at),
        "expiresAt": iso(session.expires_at),
        "address": session.address,
        "userAgent": session.user_agent,
        "current": session.is_current,
    }


def managed_user(user: User) -> dict[str, Any]:
    """A user as administrators of the site see one."""
    return {
        **user_item(user.namespace),
        "email": user.email,
        "isAdmin": user.is_site_admin,
        "hasPassword": user.has_password,
        "createdAt": iso(user.namespace.created_at),
        "disabledAt": _optional(user.disabled_at),
        "lastLoginAt": _optional(user.last_login_at),
    }


def audit_event(event: AuditEvent) -> dict[str, Any]:
    """A line of the audit log."""
    return {
        "id": event.id,
        "at": iso(event.happened_at),
        "actor": event.actor,
        "address": event.address,
        "action": event.action.value,
        "target": event.target,
        "details": dict(event.details),
    }


def _own_org(membership: Membership) -> dict[str, Any]:
    return {
        "type": "org",
        **_org(membership.namespace),
        "email": None,
        "canPay": False,
        "periodEnd": None,
        "isEnterprise": False,
        "roleInOrg": membership.role.value,
    }


def _org(namespace: Namespace) -> dict[str, Any]:
    return {
        "id": namespace.uid,
        "name": namespace.name,
        "fullname": namespace.fullname,
        "avatarUrl": _avatar(namespace),
    }


def _auth(token: AccessToken | None) -> dict[str, Any]:
    if token is None:
        return {"type": "session"}
    if token.origin is TokenOrigin.OAUTH:
        # Without a display name the client stores the token as `oauth-{username}`, as for the public Hub's.
        return {"type": "oauth", "expiresAt": _optional(token.expires_at)}
    described: dict[str, Any] = {
        "displayName": token.name,
        "role": token.role.value,
        "createdAt": iso(token.created_at),
    }
    if token.role is TokenRole.FINE_GRAINED:
        described["grants"] = [_grant(grant) for grant in token.grants]
    return {"type": "access_token", "accessToken": described}


def _grant(grant: Grant) -> dict[str, Any]:
    return {"scope": grant.scope, "permissions": sorted(permission.value for permission in grant.permissions)}


def _counts(counts: RepoCounts | None) -> dict[str, int]:
    if counts is None:
        return {}
    return {"numModels": counts.models, "numDatasets": counts.datasets, "numSpaces": counts.spaces}


def _optional(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def _avatar(namespace: Namespace) -> str:
    # As on the public Hub: where nobody has uploaded a picture, a path of the server's own.
    return namespace.avatar_url or f"/avatars/{namespace.name}.svg"
