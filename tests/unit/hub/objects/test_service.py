import pytest

from holdfast.base.errors import ObjectNotFound
from holdfast.hub.objects import store
from holdfast.hub.objects.blobs import blob_key
from holdfast.hub.objects.domain import ObjectKind, ObjectState, Usage
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.objects.store import find

ABSENT = "0" * 64


def test_recorded_and_linked_objects_are_found_with_their_sizes(objects):
    one, two = objects.put(b"one", 1), objects.put(b"three", 2)
    with objects.database.read() as connection:
        service = objects.service
        assert service.linked(connection, 1, [one, two, ABSENT]) == {one: 3}
        assert service.known(connection, [one, two, ABSENT]) == {one: 3, two: 5}
        assert service.holders(connection, [one, two, ABSENT]) == {one: {1}, two: {2}}
        assert service.kinds(connection, [one]) == {one: frozenset({ObjectKind.BLOB})}
        assert service.linked(connection, 1, []) == {}


def test_pages_of_a_repos_objects_and_sizes_of_repos(objects):
    names = sorted(objects.put(word, 1) for word in (b"one", b"three", b"seven"))
    objects.put(b"other", 2)
    with objects.database.read() as connection:
        page = objects.service.list_linked(connection, 1, after="", limit=2)
        assert [(item.sha256, item.linked_at) for item in page] == [(name, objects.now[0]) for name in names[:2]]
        rest = objects.service.list_linked(connection, 1, after=names[1], limit=2)
        assert [item.sha256 for item in rest] == names[2:]
        assert sorted(item.size_bytes for item in page + rest) == [3, 5, 5]
        assert objects.service.repo_sizes(connection, [1, 2, 3]) == {1: 13, 2: 5}
        assert objects.service.repo_sizes(connection, []) == {}


def test_an_object_stored_in_both_forms_is_listed_once(objects):
    one = objects.put(b"one", 1)
    with objects.database.write() as connection:
        objects.service.record(connection, one, 3, ObjectKind.XET)
        assert [item.sha256 for item in objects.service.list_linked(connection, 1, after="", limit=9)] == [one]
        assert objects.service.repo_sizes(connection, [1]) == {1: 3}


def test_only_a_repo_that_has_the_object_opens_it(objects):
    one = objects.put(b"one", 1)
    reader = objects.service.open_linked(1, one)
    assert b"".join(reader.read(0, 3)) == b"one"
    reader.close()
    with pytest.raises(ObjectNotFound):
        objects.service.open_linked(2, one)


def test_many_objects_at_once(objects):
    names = [f"{number:064x}" for number in range(2500)]
    with objects.database.write() as connection:
        for name in names:
            objects.service.record(connection, name, 1, ObjectKind.BLOB)
        objects.service.link(connection, 7, names)
        assert len(objects.service.linked(connection, 7, names)) == 2500
        assert objects.service.repo_usage(connection, 7) == Usage(2500, 2500)


def test_linking_what_is_not_stored_is_refused_and_links_nothing(objects):
    one = objects.put(b"one")
    with pytest.raises(ObjectNotFound) as caught, objects.database.write() as connection:
        objects.service.link(connection, 1, [one, ABSENT])
    assert caught.value.oid == ABSENT
    with objects.database.read() as connection:
        assert objects.service.linked(connection, 1, [one]) == {}


def test_linking_twice_keeps_one_link(objects):
    one = objects.put(b"one", 1)
    with objects.database.write() as connection:
        objects.service.link(connection, 1, [one, one])
        assert objects.service.repo_usage(connection, 1) == Usage(1, 3)


def test_provisional_objects_are_not_known_until_verified(objects):
    with objects.database.write() as connection:
        objects.service.record(connection, ABSENT, 3, ObjectKind.XET, ObjectState.PROVISIONAL)
        assert objects.service.known(connection, [ABSENT]) == {}
        objects.service.record(connection, ABSENT, 3, ObjectKind.XET)
        assert objects.service.known(connection, [ABSENT]) == {ABSENT: 3}
        objects.service.record(connection, ABSENT, 3, ObjectKind.XET, ObjectState.PROVISIONAL)
        assert objects.service.known(connection, [ABSENT]) == {ABSENT: 3}


def test_both_forms_count_once_per_repo_and_once_per_form(objects):
    one = objects.put(b"one", 1)
    with objects.database.write() as connection:
        objects.service.record(connection, one, 3, ObjectKind.XET)
        assert objects.service.kinds(connection, [one]) == {one: frozenset(ObjectKind)}
        assert objects.service.linked(connection, 1, [one]) == {one: 3}
        assert objects.service.repo_usage(connection, 1) == Usage(1, 3)
        assert objects.service.usage(connection) == {ObjectKind.BLOB: Usage(1, 3), ObjectKind.XET: Usage(1, 3)}


def test_offering_again_cancels_condemnation(objects):
    one = objects.put(b"one")
    for offer in ("record", "link", "touch"):
        with objects.database.write() as connection:
            seen = find(connection, [one])[0]
            assert store.condemn(connection, seen, 5)
        objects.now[0] += 1
        with objects.database.write() as connection:
            if offer == "record":
                objects.service.record(connection, one, 3, ObjectKind.BLOB)
            elif offer == "link":
                objects.service.link(connection, 1, [one])
            else:
                objects.service.touch(connection, [one])
            after = find(connection, [one])[0]
        assert (after.condemned_at, after.offered_at) == (None, objects.now[0])


def test_copy_links_for_a_duplicate(objects):
    one, two = objects.put(b"one", 1), objects.put(b"two", 1)
    with objects.database.write() as connection:
        objects.service.link(connection, 2, [one])
        objects.now[0] += 10
        objects.service.copy_links(connection, 1, 2)
        assert objects.service.linked(connection, 2, [one, two]) == {one: 3, two: 3}
        assert {found.offered_at for found in find(connection, [one, two])} == {objects.now[0]}
        objects.service.unlink(connection, 2, [one])
        assert objects.service.linked(connection, 2, [one, two]) == {two: 3}
        objects.service.forget_repo(connection, 1)
        assert objects.service.holders(connection, [one, two]) == {two: {2}}


def test_open_reads_any_range(objects):
    one = objects.put(b"0123456789" * 300_000)
    reader = objects.service.open(one)
    assert reader.size_bytes == 3_000_000
    assert b"".join(reader.read(5, 2_999_999)) == (b"0123456789" * 300_000)[5:2_999_999]
    assert list(reader.read(7, 7)) == []
    assert reader.descriptor is not None
    reader.close()


def test_open_what_is_missing(objects):
    with pytest.raises(ObjectNotFound):
        objects.service.open(ABSENT)
    one = objects.put(b"one")
    objects.blobs.delete(blob_key(one))
    with pytest.raises(ObjectNotFound) as caught:
        objects.service.open(one)
    assert caught.value.oid == one


def test_open_falls_back_to_the_other_form(objects):
    one = objects.put(b"one")
    with objects.database.write() as connection:
        objects.service.record(connection, one, 3, ObjectKind.XET)
    opened = object()

    class Xet:
        def open(self, sha256):
            assert sha256 == one
            return opened

    service = ObjectService(objects.database, {**objects.service.sources, ObjectKind.XET: Xet()})
    reader = service.open(one)
    assert reader.descriptor is not None
    reader.close()
    objects.blobs.delete(blob_key(one))
    assert service.open(one) is opened


def test_many_objects_are_recorded_at_once(objects):
    old, new = "a" * 64, "b" * 64
    with objects.database.write() as connection:
        objects.service.record(connection, old, 3, ObjectKind.XET, ObjectState.PROVISIONAL)
        objects.service.record(connection, old, 3, ObjectKind.BLOB, ObjectState.PROVISIONAL)
    objects.now[0] += 1000
    with objects.database.write() as connection:
        objects.service.record_all(connection, {old: 4, new: 5}, ObjectKind.XET)
        objects.service.record_all(connection, {}, ObjectKind.XET)
        found = {(each.sha256, each.kind): each for each in store.find(connection, [old, new])}
    assert len(found) == 3
    for sha256, size in ((old, 4), (new, 5)):
        each = found[sha256, ObjectKind.XET]
        assert (each.size_bytes, each.state, each.offered_at) == (size, ObjectState.VERIFIED, objects.now[0])
    assert found[old, ObjectKind.BLOB].state is ObjectState.PROVISIONAL
