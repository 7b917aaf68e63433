import hashlib

import pytest

from holdfast.base.errors import CorruptObject, ObjectNotFound, TooLarge
from holdfast.hub.objects.blobs import BlobReceiver, BlobSource, blob_key

DATA = b"some bytes of a large file"
SHA256 = hashlib.sha256(DATA).hexdigest()


def test_key():
    assert blob_key("abcdef" + "0" * 58) == "lfs/ab/cd/abcdef" + "0" * 58


def test_receive(objects):
    with BlobReceiver(objects.blobs, SHA256, len(DATA)) as receiver:
        receiver.write(DATA[:5])
        receiver.write(memoryview(DATA)[5:])
        receiver.finish()
    reader = BlobSource(objects.blobs).open(SHA256)
    assert b"".join(reader.read(0, len(DATA))) == DATA
    reader.close()


@pytest.mark.parametrize(
    ("sha256", "size", "error"),
    [(SHA256, len(DATA) + 1, CorruptObject), (SHA256, len(DATA) - 1, TooLarge), ("0" * 64, len(DATA), CorruptObject)],
)
def test_what_differs_from_its_announcement_leaves_nothing(objects, tmp_path, sha256, size, error):
    def receive():
        with BlobReceiver(objects.blobs, sha256, size) as receiver:
            receiver.write(DATA)
            receiver.finish()

    with pytest.raises(error):
        receive()
    assert list(objects.blobs.list("lfs")) == []
    assert list((tmp_path / "blobs" / "tmp").iterdir()) == []


def test_missing(objects):
    with pytest.raises(ObjectNotFound) as caught:
        BlobSource(objects.blobs).open(SHA256)
    assert caught.value.oid == SHA256
