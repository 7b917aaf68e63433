import pytest

from holdfast.hub.objects import store
from holdfast.hub.objects.blobs import blob_key
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.fsck import BlobInspector, Fault


@pytest.fixture
def inspector(objects):
    return BlobInspector(objects.database, objects.blobs, objects.service)


def faults(inspector, **how):
    return {(finding.sha256, finding.fault) for finding in inspector.check(**how)}


def test_a_sound_store_has_no_faults(objects, inspector):
    objects.put(b"one", 1)
    assert faults(inspector, deep=True) == set()


def test_every_fault_is_found(objects, inspector):
    missing, short, flipped, orphan = (objects.put(word) for word in (b"missing", b"short", b"flipped", b"orphan"))
    objects.blobs.delete(blob_key(missing))
    objects.blobs.path(blob_key(short)).write_bytes(b"sho")
    objects.blobs.path(blob_key(flipped)).write_bytes(b"flipPed")
    with objects.database.write() as connection:
        connection.execute(store.OBJECT.delete().where(store.OBJECT.c.sha256 == orphan))
    quick = {(missing, Fault.MISSING), (short, Fault.WRONG_SIZE), (orphan, Fault.ORPHAN)}
    assert faults(inspector) == quick
    assert faults(inspector, deep=True) == quick | {(flipped, Fault.CORRUPT)}


def test_xet_rows_are_not_its_business(objects, inspector):
    with objects.database.write() as connection:
        objects.service.record(connection, "0" * 64, 3, ObjectKind.XET)
    assert faults(inspector) == set()


def test_adopt_records_sound_orphans_only(objects, inspector):
    sound, broken = objects.put(b"sound"), objects.put(b"broken")
    objects.blobs.path(blob_key(broken)).write_bytes(b"brokeN")
    with objects.database.write() as connection:
        connection.execute(store.OBJECT.delete())
    assert inspector.adopt() == 1
    with objects.database.read() as connection:
        assert objects.service.known(connection, [sound, broken]) == {sound: 5}
    assert faults(inspector) == {(broken, Fault.ORPHAN)}
