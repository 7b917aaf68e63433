"""Where a model computes, and how exactly."""

from __future__ import annotations

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.predictors import DTYPES, Placement, Wish
from holdfast.inference.runtime.libraries import need


def choose_placement(wish: Wish) -> Placement:
    """A device that is there and a dtype that it is good at. A CPU computes in float32: exact, unless asked otherwise.

    Raises:
        InvalidInput: no such device on this machine, or no such dtype.
        NotInstalled: torch is missing.
    """
    if wish.dtype not in ("auto", *DTYPES):
        raise InvalidInput(field="dtype", problem=f"must be auto, {', '.join(DTYPES)}; got {wish.dtype!r}")
    device = _best_device() if wish.device == "auto" else _checked_device(wish.device)
    if wish.dtype == "int8" and device != "cpu":
        raise InvalidInput(field="dtype", problem=f"int8 is for CPUs; {device} computes in bfloat16 or float16")
    return Placement(device, _best_dtype(device) if wish.dtype == "auto" else wish.dtype)


def _best_device() -> str:
    torch = need("torch")
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _checked_device(wanted: str) -> str:
    torch = need("torch")
    kind, _, index = wanted.partition(":")
    number = int(index) if index.isdecimal() else 0
    if kind == "cpu" and not index:
        return "cpu"
    if kind == "cuda" and number < torch.cuda.device_count() and (not index or index.isdecimal()):
        return f"cuda:{number}"
    if wanted == "mps" and torch.backends.mps.is_available():
        return "mps"
    raise InvalidInput(field="device", problem=f"must name a device of this machine; {wanted!r} is none")


def _best_dtype(device: str) -> str:
    if device.startswith("cuda"):
        return "bfloat16" if need("torch").cuda.is_bf16_supported() else "float16"
    return "float32"
