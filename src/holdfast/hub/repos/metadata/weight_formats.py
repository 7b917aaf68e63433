"""How precise a model's weights are, and how much memory they take: from tensor headers, file names and sizes.

Memory is that of the weights alone, as they lie in the repo's smallest complete copy: what a program needs besides
(activations, a cache of keys and values, itself) is the caller's to add. It reads no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from holdfast.hub.repos.metadata.files import RepoFiles
from holdfast.hub.repos.metadata.safetensors_header import TensorCount

PRECISIONS: tuple[str, ...] = ("fp32", "fp16", "bf16", "fp8", "int8", "4-bit", "2-bit")
"""The filter's words, from the most precise. `4-bit` stands for 4 to 6 bits, `2-bit` for fewer than 4."""

_BITS_OF_DTYPE = {
    "F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16, "U16": 16,
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I8": 8, "U8": 8, "BOOL": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip
_PRECISION_OF_DTYPE = {
    "F64": "fp32", "F32": "fp32", "F16": "fp16", "BF16": "bf16", "F8_E4M3": "fp8", "F8_E5M2": "fp8", "I8": "int8",
    "U8": "int8", "F6_E2M3": "4-bit", "F6_E3M2": "4-bit", "F4": "4-bit",
}  # fmt: skip
_BITS_TAG = re.compile(r"(\d{1,2})-bit")
_QUANTIZATION = re.compile(r"(?:^|[-_./])(?:I?Q(?P<bits>[1-8])(?:_|\b)|(?P<name>F16|BF16|F32|FP16|MXFP4))", re.I)
_SHARD = re.compile(r"-\d{5}-of-\d{5}")
_NO_WEIGHTS = re.compile(r"optimizer|scheduler|training_args|rng_state|scaler|mmproj|events\.out", re.I)
_WEIGHTS_BY_SUFFIX = (("safetensors",), ("bin", "pt", "pth"), ("onnx",), ("h5", "keras"), ("msgpack",))
"""Complete copies of the same weights, the ones that are loaded first in front."""


def precisions(counted: TensorCount | None, tags: Iterable[str], files: RepoFiles) -> tuple[str, ...]:
    """In which precisions the repo offers its weights: one, or many for GGUF files; empty when nothing tells."""
    bits = [int(match[1]) for tag in tags if (match := _BITS_TAG.fullmatch(tag.lower()))]
    if bits:
        found = {_of_bits(min(bits))}
    else:
        found = {_of_tensors(counted.parameters)} if counted and counted.parameters else set()
    found |= {_of_gguf_name(path) for path in files.by_suffix.get("gguf", ())}
    return tuple(word for word in PRECISIONS if word in found)


def weight_bytes(counted: TensorCount | None, files: RepoFiles) -> int | None:
    """Bytes of the smallest complete copy of the weights; None without any.

    A header that counts tensors is exact. Otherwise files are added up: shards together, each folder's one copy (a
    diffusion pipeline has several parts), of GGUF files the smallest quantization.
    """
    gguf = _smallest_gguf(files)
    whole = tensor_bytes(counted.parameters) if counted and counted.parameters else _files_bytes(files)
    known = [size for size in (gguf, whole) if size]
    return min(known) if known else None


def tensor_bytes(parameters: Mapping[str, int]) -> int:
    """What so many parameters of each dtype take; dtypes that are not known count as 32 bits."""
    return sum(count * _BITS_OF_DTYPE.get(dtype, 32) for dtype, count in parameters.items()) // 8


def _of_bits(bits: int) -> str | None:
    if bits > 8:
        return None
    return "int8" if bits > 6 else "4-bit" if bits > 3 else "2-bit"


def _of_tensors(parameters: Mapping[str, int]) -> str | None:
    """The dtype of most parameters; small ones such as norms and scales are often kept more precisely."""
    return _PRECISION_OF_DTYPE.get(max(parameters, key=lambda dtype: parameters[dtype]))


def _of_gguf_name(path: str) -> str | None:
    match = _QUANTIZATION.search(path)
    if match is None:
        return None
    if match["bits"]:
        return _of_bits(int(match["bits"]))
    return {"f32": "fp32", "bf16": "bf16", "mxfp4": "4-bit"}.get(match["name"].lower(), "fp16")


def _smallest_gguf(files: RepoFiles) -> int | None:
    sizes: dict[str, int] = {}
    for path in files.by_suffix.get("gguf", ()):
        if not _NO_WEIGHTS.search(path):
            model = _SHARD.sub("", path)
            sizes[model] = sizes.get(model, 0) + files.sizes[path]
    return min(sizes.values(), default=None)


def _files_bytes(files: RepoFiles) -> int:
    for suffixes in _WEIGHTS_BY_SUFFIX:
        paths = [path for suffix in suffixes for path in files.by_suffix.get(suffix, ())]
        folders: dict[str, dict[str, int]] = {}
        for path in paths:
            if not _NO_WEIGHTS.search(path):
                folder, _, name = path.rpartition("/")
                copy = _SHARD.sub("", name)
                copies = folders.setdefault(folder, {})
                copies[copy] = copies.get(copy, 0) + files.sizes[path]
        if folders:
            return sum(min(copies.values()) for copies in folders.values())
    return 0
