import pytest

from holdfast.base.errors import Forbidden, InvalidInput, LoginRequired, NotFound, RepoExists, RepoNotFound
from holdfast.base.identity import ANONYMOUS, Actor, Grant, Permission, TokenRole
from holdfast.base.ids import RepoId
from holdfast.hub.xet.domain import Scope

B = RepoId("alice", "b")


def listed(hub, namespace, by, **more):
    asked = {"search": "", "cursor": None, "limit": 100} | more
    page = hub.services.lifecycle.list_buckets(by, namespace, **asked)
    return [str(bucket.id) for bucket, _ in page.buckets], page.next_cursor


class TestLife:
    def test_created_once_in_any_case(self, hub):
        assert hub.create("alice/b").private is False
        with pytest.raises(RepoExists):
            hub.create("alice/B")

    def test_a_name_that_may_not_be(self, hub):
        for name in ("alice/-", "alice/a..b", "alice/x.git"):
            with pytest.raises(InvalidInput):
                hub.create(name)

    def test_only_in_ones_own_namespaces(self, hub):
        lifecycle = hub.services.lifecycle
        with pytest.raises(Forbidden):
            lifecycle.create_bucket(hub.actor("bob"), B)
        with pytest.raises(Forbidden):
            lifecycle.create_bucket(hub.actor("carol"), RepoId("lab", "b"))
        with pytest.raises(LoginRequired):
            lifecycle.create_bucket(ANONYMOUS, B)
        assert str(lifecycle.create_bucket(hub.actor("dave"), RepoId("lab", "b")).id) == "lab/b"
        assert str(lifecycle.create_bucket(hub.actor("bob"), RepoId("me", "b")).id) == "bob/b"

    def test_moved(self, hub):
        bucket = hub.create("alice/b")
        hub.put(bucket, "a.txt")
        moved = hub.services.lifecycle.move_bucket(hub.actor("alice"), B, RepoId("lab", "c"))
        assert (str(moved.id), moved.key) == ("lab/c", bucket.key)
        assert hub.read("lab/c", "a.txt") == b"content"
        with pytest.raises(RepoNotFound):
            hub.services.lifecycle.get_bucket(hub.actor("alice"), B)
        hub.create("alice/b")
        with pytest.raises(RepoExists):
            hub.services.lifecycle.move_bucket(hub.actor("alice"), B, RepoId("lab", "c"))

    def test_deleted_with_its_files(self, hub):
        bucket = hub.create("alice/b")
        hub.put(bucket, "a.txt")
        hub.services.lifecycle.delete_bucket(hub.actor("alice"), B)
        again = hub.create("alice/b")
        assert again.key != bucket.key
        assert hub.tree("alice/b") == []

    def test_an_organization_with_buckets_cannot_be_deleted_unseen(self, hub):
        from holdfast.app.counting import NamespaceCounter  # noqa: PLC0415

        hub.create("lab/b")
        with hub.store.database.read() as connection:
            lab = hub.accounts.accounts.organization(connection, "lab")
            assert NamespaceCounter().count_repos(connection, lab.id).buckets == 1


class TestWhoSeesThem:
    def test_private_ones_are_absent_for_strangers(self, hub):
        hub.create("alice/b", private=True)
        get = hub.services.lifecycle.get_bucket
        hidden = [pytest.raises(RepoNotFound) for _ in range(2)]
        with hidden[0] as private:
            get(hub.actor("bob"), B)
        with hidden[1] as absent:
            get(hub.actor("bob"), RepoId("alice", "absent"))
        assert (private.value.status, private.value.message) == (absent.value.status, absent.value.message)
        assert get(hub.actor("root"), B)[0].private

    def test_lists(self, hub):
        hub.create("alice/open")
        hub.create("alice/closed", private=True)
        assert listed(hub, "alice", hub.actor("alice"))[0] == ["alice/closed", "alice/open"]
        assert listed(hub, "me", hub.actor("alice"))[0] == ["alice/closed", "alice/open"]
        assert listed(hub, "alice", hub.actor("bob"))[0] == ["alice/open"]
        assert listed(hub, "alice", ANONYMOUS)[0] == ["alice/open"]
        assert listed(hub, "alice", hub.actor("alice"), search="CLOS")[0] == ["alice/closed"]
        assert listed(hub, "alice", hub.actor("alice"), search="%")[0] == []
        first, cursor = listed(hub, "alice", hub.actor("alice"), limit=1)
        assert first + listed(hub, "alice", hub.actor("alice"), limit=1, cursor=cursor)[0] == [
            "alice/closed",
            "alice/open",
        ]
        with pytest.raises(NotFound):
            listed(hub, "nobody", hub.actor("alice"))
        with pytest.raises(LoginRequired):
            listed(hub, "me", ANONYMOUS)

    def test_a_token_for_one_bucket(self, hub):
        bucket = hub.create("alice/b", private=True)
        hub.create("alice/other", private=True)
        alice = hub.actor("alice")
        grants = (Grant("bucket:alice/b", frozenset({Permission.READ_REPO})),)
        token = Actor(alice.user_id, "alice", token_role=TokenRole.FINE_GRAINED, grants=grants)
        assert hub.services.lifecycle.get_bucket(token, B)[0].key == bucket.key
        assert hub.services.tokens.issue(token, B, Scope.READ)
        with pytest.raises(Forbidden):
            hub.services.tokens.issue(token, B, Scope.WRITE)
        with pytest.raises(RepoNotFound):
            hub.services.lifecycle.get_bucket(token, RepoId("alice", "other"))
        assert listed(hub, "alice", token)[0] == ["alice/b"]
