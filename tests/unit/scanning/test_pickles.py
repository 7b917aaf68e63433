"""What crafted files would import: the harmless pass, everything else is found, nothing is run."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import pickletools
import zipfile
import zlib
from collections import OrderedDict

import numpy as np
import pytest

from holdfast.scanning.domain import Level
from holdfast.scanning.pickles import MAX_INSTRUCTIONS, scan_pickles

GADGETS = {
    "os.system": b"cos\nsystem\n",
    "posix.system": b"cposix\nsystem\n",
    "eval": b"cbuiltins\neval\n",
    "Python 2's eval": b"c__builtin__\neval\n",
    "exec": b"cbuiltins\nexec\n",
    "getattr": b"cbuiltins\ngetattr\n",
    "subprocess": b"csubprocess\nPopen\n",
    "runpy": b"crunpy\nrun_path\n",
    "code.interact": b"ccode\ninteract\n",
    "import_module": b"cimportlib\nimport_module\n",
    "torch.hub": b"ctorch.hub\nload\n",
    "torch.load": b"ctorch\nload\n",
    "torch's dots": b"ctorch\nserialization.os.system\n",
    "idlelib": b"cidlelib.pyshell\nModifiedInterpreter.runcommand\n",
    "lib2to3": b"clib2to3.pgen2.grammar\nGrammar.loads\n",
    "pickle in a pickle": b"cpickle\nloads\n",
    "operator": b"coperator\nattrgetter\n",
    "functools": b"cfunctools\npartial\n",
    "numpy's runner": b"cnumpy.testing._private.utils\nrunstring\n",
    "INST": b"(S'x'\nios\nsystem\n",
}


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/never",)


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size_bytes = len(data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


def scan(data: bytes):
    return scan_pickles(Bytes(data))


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_pkl", ".pkl").replace("_npy", ".npy"), data)
    return file.getvalue()


@pytest.mark.parametrize("gadget", GADGETS.values(), ids=GADGETS)
def test_gadgets_are_dangerous(gadget):
    assert scan(b"\x80\x02" + gadget + b"(S'x'\ntR.").level is Level.DANGEROUS


@pytest.mark.parametrize("protocol", range(6))
def test_in_every_protocol(protocol):
    assert scan(pickle.dumps([OrderedDict(a=1), Evil()], protocol)).level is Level.DANGEROUS
    assert scan(pickle.dumps([OrderedDict(a=1), {1, 2}, b"x", np.arange(3)], protocol)).level is Level.INNOCUOUS


def test_unknown_names_are_suspicious():
    found = scan(b"\x80\x02csklearn.svm._classes\nSVC\n.")
    assert found.level is Level.SUSPICIOUS
    assert [(item.module, item.name) for item in found.imports] == [("sklearn.svm._classes", "SVC")]


def test_archives_of_pytorch():
    weights = pickle.dumps(OrderedDict(weight=1))
    assert scan(zipped(archive__data_pkl=weights, archive__data__0=b"\0" * 99)).level is Level.INNOCUOUS
    assert scan(zipped(archive__data_pkl=weights, archive__constants_pkl=pickle.dumps(Evil()))).level is Level.DANGEROUS
    assert scan(zipped(data_pkl=weights, hidden=pickle.dumps(Evil()))).level is Level.DANGEROUS


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_hide_nothing():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(Evil()))
        archive.writestr("data.pkl", pickle.dumps(1))
    assert scan(file.getvalue()).level > Level.INNOCUOUS


def test_old_files_of_pytorch():
    parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {}, OrderedDict(a=1), ["0"])]
    assert scan(b"".join(parts) + b"\x05\0\0\0numbers").level is Level.INNOCUOUS
    parts[3] = pickle.dumps(Evil(), 2)
    assert scan(b"".join(parts) + b"\x05\0\0\0numbers").level is Level.DANGEROUS


def test_arrays():
    numbers, objects = io.BytesIO(), io.BytesIO()
    np.save(numbers, np.arange(9))
    np.save(objects, np.array([Evil()], object))
    assert scan(numbers.getvalue()).level is Level.INNOCUOUS
    assert scan(objects.getvalue()).level is Level.DANGEROUS
    assert scan(zipped(a_npy=objects.getvalue())).level is Level.DANGEROUS


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zlib.compress])
def test_compressed(pack):
    assert scan(pack(pickle.dumps(Evil()))).level is Level.DANGEROUS
    assert scan(pack(pickle.dumps({1: 2}))).level is Level.INNOCUOUS


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pickle.dumps(Evil())[:-10], "end"),
        (pickle.dumps(1) + b"more", "behind"),
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 30, "end"),
        (b"\xff\xfe\xfd", "kind"),
        (b"PK\x03\x04broken", "archive"),
        (b"", "end"),
        (b"\x80\x02" + b"N0" * MAX_INSTRUCTIONS + b"N.", "instructions"),
    ],
)
def test_what_cannot_be_read_is_not_trusted(data, words):
    found = scan(data)
    assert found.level >= Level.SUSPICIOUS
    assert words in found.problem


def test_what_was_read_before_the_damage_counts():
    assert scan(b"\x80\x02cos\nsystem\n(S'x'\ntR\xff").level is Level.DANGEROUS


def test_names_put_together_by_tricks_are_not_believed():
    push = b"".join(
        b"\x8c" + bytes([len(word)]) + word for word in (b"posix", b"system", b"collections", b"OrderedDict")
    )
    found = scan(b"\x80\x04" + push + b"00\x93.")
    assert [(item.module, item.name, item.level) for item in found.imports] == [("?", "?", Level.SUSPICIOUS)]


def test_names_of_the_extension_registry_are_not_believed():
    assert scan(b"\x80\x02\x82\x01.").level is Level.SUSPICIOUS


def test_every_instruction_of_the_language_is_survived():
    for operation in pickletools.opcodes:
        scan(b"\x80\x04" + operation.code.encode("latin-1") + b"\x01\0\0\0\0\0\0\0x\n.")
