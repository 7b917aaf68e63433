"""Search across kinds: what strangers, members and administrators find."""

import pytest

from holdfast.accounts.domain import NamespaceKind
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import SYSTEM
from holdfast.base.ids import RepoType
from holdfast.hub.repos.store import repos


def ids(found):
    return [str(listed.repo.id) for listed in found.items]


def test_every_kind_is_found_by_part_of_its_name(hub):
    hub.create("alice/sunflower")
    hub.create("bob/sun-data", repo_type=RepoType.DATASET)
    hub.accounts.accounts.create_organization(hub.alice, "sun-lab", fullname="Laboratory of Light")
    results = hub.repos.search.search(hub.bob, "sun", 5)
    assert ids(results.repos[RepoType.MODEL]) == ["alice/sunflower"]
    assert ids(results.repos[RepoType.DATASET]) == ["bob/sun-data"]
    assert [org.name for org in results.people[NamespaceKind.ORG].items] == ["sun-lab"]
    assert results.people[NamespaceKind.USER].total == 0
    assert results.total == 3
    by_fullname = hub.repos.search.search(hub.bob, "light LABORATORY", 5, [NamespaceKind.ORG])
    assert by_fullname.people[NamespaceKind.ORG].total == 1
    assert not by_fullname.repos


def test_totals_count_what_is_not_shown(hub):
    for number in range(4):
        hub.create(f"alice/sun-{number}")
    found = hub.repos.search.search(hub.bob, "sun", 2).repos[RepoType.MODEL]
    assert (len(found.items), found.total) == (2, 4)


def test_private_repos_are_found_by_their_owner_only(hub):
    hub.create("alice/secret-sun", private=True)
    assert hub.repos.search.search(hub.bob, "sun", 5).total == 0
    assert ids(hub.repos.search.search(hub.alice, "sun", 5).repos[RepoType.MODEL]) == ["alice/secret-sun"]
    assert hub.repos.search.search(hub.root, "sun", 5).repos[RepoType.MODEL].total == 1
    assert hub.repos.search.trending(hub.bob, list(RepoType), 5) == []


def test_names_that_begin_with_the_word_come_first_and_signs_mean_themselves(hub):
    for name in ("zen-li", "li-zen", "a_b"):
        hub.accounts.accounts.create_organization(hub.alice, name)
    found = hub.repos.search.search(hub.bob, "zen", 5, [NamespaceKind.ORG]).people[NamespaceKind.ORG]
    assert [org.name for org in found.items] == ["zen-li", "li-zen"]
    assert hub.repos.search.search(hub.bob, "%", 5, [NamespaceKind.ORG]).total == 0
    assert hub.repos.search.search(hub.bob, "a_b", 5, [NamespaceKind.ORG]).total == 1


def test_who_is_locked_out_is_not_found(hub):
    hub.accounts.accounts.set_user_disabled(SYSTEM, "bob", disabled=True)
    assert hub.repos.search.search(hub.alice, "bob", 5, [NamespaceKind.USER]).total == 0


def test_trending_joins_the_kinds(hub):
    quiet, loud = hub.create("alice/quiet"), hub.create("alice/loud", repo_type=RepoType.DATASET)
    with hub.database.write() as connection:
        repos.update_repo(connection, loud.key, trending_score=5.0)
    found = hub.repos.search.trending(hub.bob, list(RepoType), 5)
    assert [listed.repo.key for listed in found] == [loud.key, quiet.key]


def test_nobody_types_that_many_words(hub):
    with pytest.raises(InvalidInput):
        hub.repos.search.search(hub.bob, "a b " * 20, 5)
