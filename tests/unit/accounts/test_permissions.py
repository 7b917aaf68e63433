"""The rules, as tables: who, in which role, with which credential, on which repo."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from holdfast.accounts import permissions
from holdfast.accounts.domain import Namespace, NamespaceKind, OrgRole
from holdfast.accounts.permissions import RepoStanding, check
from holdfast.base.errors import DisabledRepo, Forbidden, GatedRepo, HoldfastError, LoginRequired, RepoNotFound
from holdfast.base.identity import ANONYMOUS, Actor, Grant, Permission, TokenRole

SEE, READ, DISCUSS, WRITE, ADMIN = (
    Permission.SEE_REPO,
    Permission.READ_REPO,
    Permission.DISCUSS_REPO,
    Permission.WRITE_REPO,
    Permission.ADMIN_REPO,
)
REPO_PERMISSIONS = (SEE, READ, DISCUSS, WRITE, ADMIN)

PUBLIC = RepoStanding(
    text_key="model:acme/bert",
    repo_id="Acme/BERT",
    namespace_id=7,
    namespace="Acme",
    private=False,
    gated=False,
    gate_accepted=False,
    disabled=False,
    creator_id=99,
)
PRIVATE = replace(PUBLIC, private=True)
GATED = replace(PUBLIC, gated=True)
DISABLED = replace(PUBLIC, disabled=True)

CAROL = Actor(3, "carol")
ROOT = Actor(1, "root", is_site_admin=True)


def outcome(actor, role, standing, permission):
    """None when allowed, else class and status of the refusal."""
    try:
        check(actor, role, standing, permission)
    except HoldfastError as error:
        return type(error), error.status
    return None


def with_token(actor: Actor, role: TokenRole, *grants: Grant) -> Actor:
    return replace(actor, token_role=role, token_id=1, grants=grants)


def grant(scope: str, *allowed: Permission) -> Grant:
    return Grant(scope, frozenset(allowed))


HIDDEN_401, HIDDEN_404 = (RepoNotFound, 401), (RepoNotFound, 404)
GATED_401, GATED_403 = (GatedRepo, 401), (GatedRepo, 403)
LOGIN, NO, OFF = (LoginRequired, 401), (Forbidden, 403), (DisabledRepo, 403)


@pytest.mark.parametrize(
    ("actor", "role", "standing", "expected"),
    [
        # expected: see, read, discuss, write, admin
        (ANONYMOUS, None, PUBLIC, (None, None, LOGIN, LOGIN, LOGIN)),
        (ANONYMOUS, None, PRIVATE, (HIDDEN_401,) * 5),
        (ANONYMOUS, None, GATED, (None, GATED_401, LOGIN, LOGIN, LOGIN)),
        (CAROL, None, PUBLIC, (None, None, None, NO, NO)),
        (CAROL, None, PRIVATE, (HIDDEN_404,) * 5),
        (CAROL, None, GATED, (None, GATED_403, GATED_403, NO, NO)),
        (CAROL, None, replace(GATED, gate_accepted=True), (None, None, None, NO, NO)),
        (CAROL, None, replace(PRIVATE, gated=True, gate_accepted=True), (HIDDEN_404,) * 5),
        (CAROL, OrgRole.READ, PRIVATE, (None, None, None, NO, NO)),
        (CAROL, OrgRole.READ, GATED, (None, None, None, NO, NO)),
        (CAROL, OrgRole.CONTRIBUTOR, PRIVATE, (None, None, None, NO, NO)),
        (CAROL, OrgRole.CONTRIBUTOR, replace(PRIVATE, creator_id=3), (None,) * 5),
        (CAROL, OrgRole.READ, replace(PRIVATE, creator_id=3), (None, None, None, NO, NO)),
        (CAROL, OrgRole.WRITE, PRIVATE, (None,) * 5),
        (CAROL, OrgRole.ADMIN, PRIVATE, (None,) * 5),
        (CAROL, None, replace(PUBLIC, creator_id=3), (None, None, None, NO, NO)),
        (CAROL, None, DISABLED, (OFF,) * 5),
        (CAROL, OrgRole.ADMIN, DISABLED, (None, OFF, OFF, OFF, OFF)),
        (CAROL, None, replace(PRIVATE, disabled=True), (HIDDEN_404,) * 5),
        (ROOT, None, PRIVATE, (None,) * 5),
        (ROOT, None, GATED, (None,) * 5),
        (ROOT, None, DISABLED, (None,) * 5),
    ],
)
def test_users_by_session(actor, role, standing, expected):
    assert tuple(outcome(actor, role, standing, permission) for permission in REPO_PERMISSIONS) == expected


@pytest.mark.parametrize(
    ("actor", "role", "standing", "expected"),
    [
        (with_token(CAROL, TokenRole.READ), OrgRole.ADMIN, PRIVATE, (None, None, NO, NO, NO)),
        (with_token(CAROL, TokenRole.READ), None, PRIVATE, (HIDDEN_404,) * 5),
        (with_token(CAROL, TokenRole.READ), None, replace(GATED, gate_accepted=True), (None, None, NO, NO, NO)),
        (with_token(CAROL, TokenRole.WRITE), OrgRole.WRITE, PRIVATE, (None,) * 5),
        (with_token(CAROL, TokenRole.WRITE), OrgRole.READ, PRIVATE, (None, None, None, NO, NO)),
        (with_token(ROOT, TokenRole.READ), None, PRIVATE, (None, None, NO, NO, NO)),
        (with_token(ROOT, TokenRole.FINE_GRAINED), None, PRIVATE, (HIDDEN_404,) * 5),
    ],
)
def test_a_token_never_allows_more_than_its_role(actor, role, standing, expected):
    assert tuple(outcome(actor, role, standing, permission) for permission in REPO_PERMISSIONS) == expected


@pytest.mark.parametrize(
    ("grants", "standing", "expected"),
    [
        ((), PUBLIC, (None, None, NO, NO, NO)),
        ((), PRIVATE, (HIDDEN_404,) * 5),
        ((), GATED, (None, GATED_403, GATED_403, NO, NO)),
        ((), replace(GATED, gate_accepted=True), (None, GATED_403, GATED_403, NO, NO)),
        ((grant("model:acme/bert", READ),), PRIVATE, (None, None, NO, NO, NO)),
        ((grant("model:Acme/BERT", WRITE),), PRIVATE, (None, None, None, None, NO)),
        ((grant("ACME", ADMIN),), PRIVATE, (None,) * 5),
        ((grant("acme", READ),), GATED, (None, None, NO, NO, NO)),
        ((grant("model:acme/other", ADMIN),), PRIVATE, (HIDDEN_404,) * 5),
        ((grant("dataset:acme/bert", ADMIN),), PRIVATE, (HIDDEN_404,) * 5),
        ((grant("carol", ADMIN),), PRIVATE, (HIDDEN_404,) * 5),
        ((grant("acme", Permission.WRITE_OWN),), PRIVATE, (HIDDEN_404,) * 5),
        ((grant("acme", SEE),), PRIVATE, (None, NO, NO, NO, NO)),
    ],
)
def test_a_fine_grained_token_reaches_what_its_grants_name(grants, standing, expected):
    actor = with_token(CAROL, TokenRole.FINE_GRAINED, *grants)
    assert tuple(outcome(actor, OrgRole.ADMIN, standing, permission) for permission in REPO_PERMISSIONS) == expected


def test_a_grant_gives_no_right_that_the_user_lacks():
    actor = with_token(CAROL, TokenRole.FINE_GRAINED, grant("acme", ADMIN))
    assert outcome(actor, None, PRIVATE, SEE) == HIDDEN_404
    assert outcome(actor, None, PUBLIC, WRITE) == NO
    assert outcome(actor, OrgRole.READ, PRIVATE, WRITE) == NO


ACTORS = [
    ANONYMOUS,
    CAROL,
    ROOT,
    *(with_token(user, role) for user in (CAROL, ROOT) for role in TokenRole),
    with_token(CAROL, TokenRole.FINE_GRAINED, grant("acme", WRITE)),
]


def test_everything_about_a_hidden_repo_is_hidden():
    """Whatever else is true of a private repo, a stranger learns the same for every permission."""
    states = itertools.product((False, True), (False, True), (False, True), (None, 3))
    for gated, accepted, disabled, creator in states:
        standing = replace(PRIVATE, gated=gated, gate_accepted=accepted, disabled=disabled, creator_id=creator)
        for permission in REPO_PERMISSIONS:
            assert outcome(CAROL, None, standing, permission) == HIDDEN_404
            assert outcome(ANONYMOUS, None, standing, permission) == HIDDEN_401


def test_rights_only_grow_with_the_role():
    roles = [None, *OrgRole]
    for actor, standing, permission in itertools.product(ACTORS, (PUBLIC, PRIVATE, GATED, DISABLED), REPO_PERMISSIONS):
        verdicts = [permissions.allows(actor, role, standing, permission) for role in roles]
        assert verdicts == sorted(verdicts), (actor, standing, permission)


def test_no_credential_beats_the_session():
    for role, standing, permission in itertools.product(
        [None, *OrgRole], (PUBLIC, PRIVATE, GATED, DISABLED), REPO_PERMISSIONS
    ):
        for user in (CAROL, ROOT):
            full = permissions.allows(user, role, standing, permission)
            for token_role in TokenRole:
                capped = with_token(user, token_role, grant("acme", ADMIN))
                assert full or not permissions.allows(capped, role, standing, permission)


@pytest.mark.parametrize(
    ("actor", "role", "expected"),
    [
        (ANONYMOUS, None, LoginRequired),
        (CAROL, None, Forbidden),
        (CAROL, OrgRole.READ, Forbidden),
        (CAROL, OrgRole.CONTRIBUTOR, None),
        (with_token(CAROL, TokenRole.READ), OrgRole.ADMIN, Forbidden),
        (with_token(CAROL, TokenRole.WRITE), OrgRole.WRITE, None),
        (with_token(CAROL, TokenRole.FINE_GRAINED), OrgRole.ADMIN, Forbidden),
        (with_token(CAROL, TokenRole.FINE_GRAINED, grant("acme", READ)), OrgRole.ADMIN, Forbidden),
        (with_token(CAROL, TokenRole.FINE_GRAINED, grant("Acme", WRITE)), OrgRole.ADMIN, None),
        (with_token(CAROL, TokenRole.FINE_GRAINED, grant("model:acme/bert", WRITE)), OrgRole.ADMIN, Forbidden),
        (ROOT, None, None),
        (with_token(ROOT, TokenRole.READ), None, Forbidden),
    ],
)
def test_creating_repos(actor, role, expected):
    if expected is None:
        permissions.check_create(actor, role, "acme")
    else:
        with pytest.raises(expected):
            permissions.check_create(actor, role, "acme")


A = Permission


@pytest.mark.parametrize(
    ("actor", "allowed"),
    [
        (ANONYMOUS, {A.PUBLIC}),
        (CAROL, {A.PUBLIC, A.LOGIN, A.WRITE_OWN, A.OWN_ACCOUNT}),
        (ROOT, {A.PUBLIC, A.LOGIN, A.WRITE_OWN, A.OWN_ACCOUNT, A.SITE_ADMIN}),
        (with_token(CAROL, TokenRole.READ), {A.PUBLIC, A.LOGIN}),
        (with_token(CAROL, TokenRole.WRITE), {A.PUBLIC, A.LOGIN, A.WRITE_OWN}),
        (with_token(CAROL, TokenRole.FINE_GRAINED), {A.PUBLIC, A.LOGIN}),
        (with_token(CAROL, TokenRole.FINE_GRAINED, grant("carol", A.WRITE_OWN)), {A.PUBLIC, A.LOGIN, A.WRITE_OWN}),
        (with_token(CAROL, TokenRole.FINE_GRAINED, grant("acme", A.WRITE_OWN)), {A.PUBLIC, A.LOGIN}),
        (with_token(ROOT, TokenRole.READ), {A.PUBLIC, A.LOGIN}),
        (with_token(ROOT, TokenRole.WRITE), {A.PUBLIC, A.LOGIN, A.WRITE_OWN, A.SITE_ADMIN}),
    ],
)
def test_account_permissions(actor, allowed):
    refusal = LoginRequired if actor.is_anonymous else Forbidden

    def passes(permission: Permission) -> bool:
        try:
            permissions.check_account(actor, permission)
        except refusal:
            return False
        return True

    asked = (A.PUBLIC, A.LOGIN, A.WRITE_OWN, A.OWN_ACCOUNT, A.SITE_ADMIN)
    assert {permission for permission in asked if passes(permission)} == allowed


def test_managing_an_organization():
    permissions.check_org_admin(CAROL, OrgRole.ADMIN, "acme")
    permissions.check_org_admin(ROOT, None, "acme")
    permissions.check_org_admin(with_token(CAROL, TokenRole.WRITE), OrgRole.ADMIN, "acme")
    for actor, role in ((CAROL, OrgRole.WRITE), (with_token(CAROL, TokenRole.READ), OrgRole.ADMIN)):
        with pytest.raises(Forbidden):
            permissions.check_org_admin(actor, role, "acme")
    with pytest.raises(LoginRequired):
        permissions.check_org_admin(ANONYMOUS, None, "acme")


def _namespace(namespace_id: int, name: str) -> Namespace:
    return Namespace(namespace_id, name, NamespaceKind.ORG, name, None, private_by_default=False, created_at=0)


def test_visibility_in_lists():
    mine = [_namespace(3, "carol"), _namespace(7, "Acme")]
    assert permissions.visibility(CAROL, mine).namespace_ids == {3, 7}
    assert permissions.visibility(ROOT, []).everything
    fine = with_token(
        CAROL,
        TokenRole.FINE_GRAINED,
        grant("acme", READ),
        grant("model:carol/secret", READ),
        grant("model:stranger/secret", READ),
        grant("carol", A.WRITE_OWN),
    )
    seen = permissions.visibility(fine, mine)
    assert seen == permissions.Visibility(namespace_ids=frozenset({7}), repo_keys=frozenset({"model:carol/secret"}))
    assert not permissions.visibility(with_token(ROOT, TokenRole.FINE_GRAINED), []).everything
