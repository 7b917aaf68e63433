"""The system calls that a confined command may not make, as a program for the kernel's filter (seccomp-bpf).

Left out are those by which kernels have been attacked, and which programs that compute have no use for: tracing, keys,
io_uring, bpf, modules, mounts, clocks. A denied call answers EPERM, as if a right were missing.

Source: the kernel's Documentation/userspace-api/seccomp_filter.rst and syscall tables; the choice follows the default
profile of container engines.
"""

from __future__ import annotations

import errno
import platform
from collections.abc import Sequence
from struct import Struct

DENIED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "keyctl", "add_key", "request_key",
    "io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "perf_event_open", "userfaultfd", "fanotify_init",
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "mount", "umount2", "pivot_root",
    "chroot", "setns", "unshare", "open_by_handle_at", "name_to_handle_at", "open_tree", "move_mount", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "swapon", "swapoff", "reboot", "sethostname", "setdomainname",
    "syslog", "acct", "quotactl", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "vhangup",
)  # fmt: skip
_SINCE_5 = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442,
}  # fmt: skip
"""The same everywhere."""
_X86_64 = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "keyctl": 250, "add_key": 248,
    "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "fanotify_init": 300,
    "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "delete_module": 176,
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "setns": 308, "unshare": 272,
    "open_by_handle_at": 304, "name_to_handle_at": 303, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "syslog": 103, "acct": 163, "quotactl": 179, "settimeofday": 164,
    "clock_settime": 227, "adjtimex": 159, "clock_adjtime": 305, "vhangup": 153,
}  # fmt: skip
_GENERIC = {
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "keyctl": 219, "add_key": 217,
    "request_key": 218, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "fanotify_init": 262,
    "kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273, "delete_module": 106,
    "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "setns": 268, "unshare": 97,
    "open_by_handle_at": 265, "name_to_handle_at": 264, "swapon": 224, "swapoff": 225, "reboot": 142,
    "sethostname": 161, "setdomainname": 162, "syslog": 116, "acct": 89, "quotactl": 60, "settimeofday": 170,
    "clock_settime": 112, "adjtimex": 171, "clock_adjtime": 266, "vhangup": 58,
}  # fmt: skip
_MACHINES = {
    "x86_64": (0xC000003E, {**_X86_64, **_SINCE_5}),
    "aarch64": (0xC00000B7, {**_GENERIC, **_SINCE_5}),
    "riscv64": (0xC00000F3, {**_GENERIC, **_SINCE_5}),
}
"""By the kernel's name of a machine: its number in the audit system, and those of its calls."""

_INSTRUCTION = Struct("=HBBI")
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_OFFSET, _MACHINE_OFFSET = 0, 4
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | errno.EPERM
_OTHER_TABLE = 0x40000000
"""From here on x86-64 has a second table of calls (x32), in which the same calls have other numbers."""


def numbers(machine: str | None = None) -> dict[str, int] | None:
    """The numbers of the denied calls; None for a machine whose numbers are not written here."""
    found = _MACHINES.get(machine or platform.machine())
    return None if found is None else found[1]


def filter_program(machine: str | None = None) -> bytes | None:
    """The filter, as `bwrap --seccomp` wants it; None for a machine whose numbers are not written here."""
    found = _MACHINES.get(machine or platform.machine())
    if found is None:
        return None
    audit_number, known = found
    return _program(audit_number, sorted(known[name] for name in DENIED))


def _program(audit_number: int, denied: Sequence[int]) -> bytes:
    count = len(denied)
    to_denial = count + 1  # from the instruction after the load of the number: all comparisons, and the permission
    words = [
        (_LOAD, 0, 0, _MACHINE_OFFSET),
        (_JUMP_IF_EQUAL, 0, to_denial + 2, audit_number),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_JUMP_IF_AT_LEAST, to_denial, 0, _OTHER_TABLE),
        *((_JUMP_IF_EQUAL, count - position, 0, number) for position, number in enumerate(denied)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    return b"".join(_INSTRUCTION.pack(*word) for word in words)
