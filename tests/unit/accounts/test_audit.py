from __future__ import annotations

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from holdfast.accounts.auditing import AuditAction, AuditQuery
from holdfast.accounts.domain import OrgRole
from holdfast.accounts.store.tables import audit_event
from holdfast.base.errors import Conflict, Forbidden, InvalidInput, LoginRequired, WrongPassword
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor, TokenRole

EVERYTHING = AuditQuery()


def told(services, query: AuditQuery = EVERYTHING) -> list[tuple[str, str, str]]:
    """Actor, action and target of every event, oldest first."""
    events = services.audit.list_events(SYSTEM, query, 1000).events[::-1]
    return [(event.actor, event.action.value, event.target) for event in events]


def test_what_changes_rights_is_remembered(services, alice, bob):
    services.accounts.create_organization(alice, "Acme")
    services.accounts.set_member(alice, "acme", "bob", OrgRole.WRITE)
    services.accounts.remove_member(alice, "acme", "bob")
    issued = services.tokens.create_access_token(alice, "laptop", TokenRole.READ)
    services.tokens.revoke_access_token(alice, issued.token.id)
    services.accounts.set_user_disabled(SYSTEM, "bob", disabled=True)
    assert told(services)[2:] == [
        ("alice", "organization.created", "acme"),
        ("alice", "member.role-set", "acme"),
        ("alice", "member.removed", "acme"),
        ("alice", "token.created", "alice"),
        ("alice", "token.revoked", "alice"),
        ("system", "user.disabled", "bob"),
    ]


def test_an_event_says_when_from_where_and_more(services, clock, bob):
    clock.advance(60)
    actor = Actor(bob.user_id, "bob", address="192.0.2.7")
    services.tokens.create_access_token(actor, "laptop", TokenRole.READ)
    event = services.audit.list_events(SYSTEM, EVERYTHING, 1).events[0]
    assert (event.happened_at, event.address) == (clock.now, "192.0.2.7")
    assert event.details == {"id": "1", "name": "laptop", "role": "read"}


def test_no_secret_is_in_the_log(services, database):
    user = services.accounts.create_user(SYSTEM, "dora", password="down the hole")
    issued = services.tokens.create_access_token(Actor(user.id, "dora"), "laptop", TokenRole.READ)
    session = services.logins.log_in("dora", "down the hole")
    with pytest.raises(WrongPassword):
        services.logins.log_in("dora", "a wrong guess")
    with database.read() as connection:
        rows = str(connection.execute(audit_event.select()).all())
    for secret in ("down the hole", "a wrong guess", issued.secret, session.secret):
        assert secret not in rows


def test_failed_logins_of_names_that_exist(services):
    services.accounts.create_user(SYSTEM, "dora", password="down the hole")
    caller = Actor(address="192.0.2.7")
    for name in ("dora", "nobody-of-this-name"):
        with pytest.raises(WrongPassword):
            services.logins.log_in(name, "wrong", caller)
    services.logins.log_in("Dora", "down the hole", caller)
    assert told(services)[1:] == [("", "login.failed", "dora"), ("dora", "login", "dora")]
    assert {event.address for event in services.audit.list_events(SYSTEM, EVERYTHING, 2).events} == {"192.0.2.7"}


def test_what_did_not_happen_is_not_in_the_log(services, alice):
    services.accounts.create_organization(alice, "acme")
    before = told(services)
    with pytest.raises(Conflict):
        services.accounts.remove_member(alice, "acme", "alice")
    assert told(services) == before


def test_events_are_found_by_actor_action_and_target_and_come_in_pages(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    services.accounts.create_organization(bob, "other")
    assert told(services, AuditQuery(actor="ALICE")) == [("alice", "organization.created", "acme")]
    assert told(services, AuditQuery(target="Other")) == [("bob", "organization.created", "other")]
    assert len(told(services, AuditQuery(action=AuditAction.USER_CREATED))) == 2
    first = services.audit.list_events(SYSTEM, EVERYTHING, 3)
    rest = services.audit.list_events(SYSTEM, AuditQuery(before=first.next_cursor), 3)
    assert [event.target for event in first.events + rest.events] == ["other", "acme", "bob", "alice"]
    assert rest.next_cursor is None


def test_only_site_admins_read_it(services, alice):
    with pytest.raises(Forbidden):
        services.audit.list_events(alice, EVERYTHING, 1)
    with pytest.raises(LoginRequired):
        services.audit.list_events(ANONYMOUS, EVERYTHING, 1)


@pytest.mark.usefixtures("alice")
def test_nobody_changes_what_is_written(database):
    for statement in (delete(audit_event), update(audit_event).values(actor="mallory")):
        with pytest.raises(IntegrityError, match="append-only"), database.write() as connection:
            connection.execute(statement)


def test_words_of_the_api():
    assert AuditAction.parse("repo.deleted") is AuditAction.REPO_DELETED
    with pytest.raises(InvalidInput, match="must be one of login"):
        AuditAction.parse("mischief")
