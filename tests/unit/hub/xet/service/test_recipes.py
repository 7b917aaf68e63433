import random

import pytest

from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.fsck import Fault
from holdfast.hub.objects.garbage import GarbageRules
from holdfast.hub.xet import store as tables

CONTENT = random.Random(7).randbytes(100_000)
AT_ONCE = GarbageRules(0, 0)


def recipes(store):
    return list(store.xet.inspector.recipes.list())


def forget_everything(store):
    with store.database.write() as connection:
        for table in (tables.XET_FILE_XORB, tables.XET_FILE, tables.XORB, tables.XET_DEDUP):
            connection.execute(table.delete())
        connection.exec_driver_sql("DELETE FROM object")


def sweep(store, *dropping, dry_run=False):
    now = store.now[0] + 10_000
    return list(store.xet.collector.sweep(AT_ONCE, now, dropping=dropping, dry_run=dry_run))


def test_files_come_back_when_only_the_disk_is_left(store):
    file = store.store_file(CONTENT)
    forget_everything(store)
    assert store.xet.inspector.adopt() == 2, "a xorb and a file"
    assert store.read(file.sha256) == CONTENT
    assert list(store.xet.inspector.check(deep=True)) == []
    with store.database.read() as connection:
        assert store.objects.kinds(connection, [file.sha256]) == {file.sha256: {ObjectKind.XET}}
    assert store.xet.inspector.adopt() == 0


def test_a_file_whose_xorb_is_gone_does_not_come_back(store):
    file = store.store_file(CONTENT)
    forget_everything(store)
    for found in list(store.blobs.list("xorb")):
        store.blobs.delete(found.key)
    store.xet.source.files.cache.drop(file.terms[0].xorb)
    assert store.xet.inspector.adopt() == 0


def test_a_file_that_is_known_needs_no_second_recipe(store):
    store.store_file(CONTENT)
    store.store_file(CONTENT)
    assert len(recipes(store)) == 1


def test_a_recipe_stays_while_one_of_its_files_does(store):
    file = store.store_file(CONTENT)
    assert not [removal for removal in sweep(store) if removal.key.startswith("recipe/")]
    assert [removal.key for removal in sweep(store, file.sha256, dry_run=True) if "recipe" in removal.key]
    assert len(recipes(store)) == 1
    with store.database.write() as connection:
        store.xet.collector.forget(connection, [file.sha256])
    assert [removal.reason for removal in sweep(store) if "recipe" in removal.key] == ["none of its files is left"]
    assert recipes(store) == []


@pytest.mark.parametrize("damage", [b"", b"[]", b"\xff"])
def test_a_damaged_recipe_is_told_and_kept(store, damage):
    store.store_file(CONTENT)
    key = recipes(store)[0].key
    store.blobs.path(key).write_bytes(damage)
    assert [(found.subject, found.fault) for found in store.xet.inspector.check()] == [(key, Fault.CORRUPT)]
    sweep(store)
    assert len(recipes(store)) == 1
