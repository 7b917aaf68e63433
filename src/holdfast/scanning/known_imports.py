"""Which names are harmless, and which are not.

The list of harmless ones decides: lists of dangerous ones are never whole, and only say louder what is not allowed
anyway. Source: PyTorch's list for `weights_only` (torch/_weights_only_unpickler.py); Python's pickle documentation,
"Restricting Globals"; the advisories of picklescan on what its list had missed.
"""

from __future__ import annotations

from holdfast.scanning.domain import Level

_HARMLESS = {
    "_codecs": {"encode"},
    "builtins": {
        "set", "frozenset", "list", "dict", "tuple", "int", "float", "bool", "complex", "str", "bytes", "bytearray",
        "slice", "range", "object",
    },
    "collections": {"OrderedDict", "defaultdict", "Counter", "deque"},
    "copyreg": {"_reconstructor"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "numpy": {"ndarray", "dtype", "bool_", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
    "torch": {
        "Size", "device", "dtype", "Tensor", "bfloat16", "float16", "float32", "float64", "half", "float", "double",
        "int8", "int16", "int32", "int64", "uint8", "bool", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2",
        "FloatStorage", "HalfStorage", "BFloat16Storage", "DoubleStorage", "IntStorage", "LongStorage", "ShortStorage",
        "CharStorage", "ByteStorage", "BoolStorage", "ComplexFloatStorage", "ComplexDoubleStorage", "QInt8Storage",
        "QUInt8Storage", "QInt32Storage",
    },
    "torch._tensor": {"_rebuild_from_type_v2"},
    "torch._utils": {
        "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter", "_rebuild_parameter_with_state",
        "_rebuild_qtensor", "_rebuild_sparse_tensor",
    },
    "torch.nn.parameter": {"Parameter", "Buffer"},
    "torch.serialization": {"_get_layout"},
    "torch.storage": {"UntypedStorage", "TypedStorage"},
}  # fmt: skip

_PYTHON_2_BUILTINS = "__builtin__"

_DANGEROUS_MODULES = frozenset({
    "os", "posix", "nt", "ntpath", "posixpath", "subprocess", "sys", "pty", "shutil", "socket", "ssl", "select",
    "asyncio", "ctypes", "_ctypes", "importlib", "imp", "runpy", "pkgutil", "zipimport", "site", "sysconfig", "code",
    "codeop", "marshal", "types", "inspect", "gc", "bdb", "pdb", "cProfile", "profile", "timeit", "trace", "doctest",
    "unittest",
    "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "commands", "popen2", "platform",
    "multiprocessing", "threading", "_thread", "concurrent", "signal", "tempfile", "pathlib", "io", "_io", "glob",
    "fileinput", "linecache", "webbrowser", "antigravity", "idlelib", "lib2to3", "distutils", "setuptools", "pip",
    "ensurepip", "venv", "http", "urllib", "urllib2", "httplib", "requests", "httpx", "aiohttp", "ftplib", "smtplib",
    "poplib", "imaplib", "telnetlib", "xmlrpc", "sqlite3", "tarfile", "zipfile", "operator", "_operator", "functools",
    "weakref", "atexit", "pydoc", "cgi", "wsgiref", "logging", "uuid", "mailcap", "crypt", "getpass",
    "pexpect", "paramiko", "fabric", "IPython", "numexpr", "torch.hub", "torch.utils.cpp_extension", "torch.jit",
    "torch._inductor", "torch._dynamo", "torch.fx", "torch.package", "numpy.f2py", "numpy.testing", "numpy.distutils",
    "tensorflow.python.ops.io_ops", "transformers.dynamic_module_utils", "huggingface_hub", "holdfast",
})  # fmt: skip
_DANGEROUS_NAMES = {
    "builtins": {
        "eval", "exec", "execfile", "compile", "open", "__import__", "getattr", "setattr", "delattr", "globals",
        "locals", "vars", "breakpoint", "input", "apply", "map", "filter", "type", "super", "classmethod",
        "staticmethod", "property", "memoryview", "help", "exit", "quit",
    },
    "torch": {"load", "compile", "hub"},
    "torch.serialization": {"load", "_load", "_legacy_load"},
    "numpy": {"load", "fromfile", "loadtxt", "genfromtxt", "memmap", "save", "savez"},
}  # fmt: skip


def level_of(module: str, name: str) -> Level:
    """Judge one import."""
    place = "builtins" if module == _PYTHON_2_BUILTINS else module
    if name in _HARMLESS.get(place, ()):
        return Level.INNOCUOUS
    # Protocol 4 follows dots in names: `torch`, `serialization.os.system` is another way to `os.system`.
    parts = [*place.split("."), *name.split(".")]
    prefixes = {".".join(parts[: count + 1]) for count in range(len(parts))}
    if prefixes & _DANGEROUS_MODULES or parts[-1] in _DANGEROUS_NAMES.get(place, ()):
        return Level.DANGEROUS
    return Level.DANGEROUS if _DANGEROUS_MODULES.intersection(name.split(".")[:-1]) else Level.SUSPICIOUS
