"""Repos that an older version indexed are read again, and then filters find them."""

import shutil

from sqlalchemy import delete, update

from holdfast.app.renewal import Renewal
from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import ListQuery
from holdfast.hub.repos.store.listing_tables import repo_listing, tag_bits

CARD = b"---\nlicense: mit\npipeline_tag: fill-mask\n---\n# x"


def age(hub, *keys):
    """As the tables were before there were bits and versions."""
    with hub.database.write() as connection:
        connection.execute(delete(tag_bits))
        connection.execute(update(repo_listing).values(facts_version=0))


def count(hub, **filters):
    return hub.repos.lists.count(hub.bob, ListQuery(RepoType.MODEL, **filters))


def test_old_repos_are_counted_after_the_renewal(hub):
    for name in ("alice/one", "alice/two"):
        hub.create(name)
        hub.put(name, "README.md", CARD)
    hub.create("alice/hidden", private=True)
    age(hub)
    before = count(hub)
    assert (before.total, before.is_complete) == (0, False)
    assert Renewal(hub.repos.renewer).run() == 3
    after = count(hub, tags=("license:mit",))
    assert (after.total, after.is_complete) == (2, True)
    assert [(value.word, value.count) for value in after.groups["commercial"]] == [("yes", 2)]
    assert Renewal(hub.repos.renewer).run() == 0


def test_a_damaged_repo_does_not_stop_the_others(hub):
    broken = hub.create("alice/broken")
    hub.create("alice/whole")
    age(hub)
    shutil.rmtree(hub.repos.pool.path(broken.key))
    assert Renewal(hub.repos.renewer).run() == 1
    assert count(hub).is_complete is False
