"""The rules for what a push brings into a repo, each with the sentence that the user reads when it is broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.base.ids import RepoType
from holdfast.hub.git.domain import (
    HEADS,
    MAX_BLOB_BYTES,
    MAX_FOLDER_ENTRIES,
    MAX_NEW_OBJECTS,
    MAX_PATH_BYTES,
    PULL_REQUESTS,
    NewObject,
    Proposal,
    PushRefused,
    list_lines,
)
from holdfast.hub.git.inspection import Quarantine
from holdfast.hub.repos.git_storage.pointers import MAX_POINTER_BYTES, LfsPointer, parse_lfs_pointer
from holdfast.hub.repos.git_storage.raw_trees import parse_entries
from holdfast.hub.repos.metadata.card_rules import validate_card

_MIN_POINTER_BYTES = 120
_MIN_ENTRY_BYTES = 28
_MAX_ENTRY_BYTES = 300
_MAX_CARD_BYTES = 1024 * 1024

NamedPointer = tuple[str, LfsPointer]
"""A path where the pointer was met, and the pointer."""


@dataclass
class Suspects:
    """New objects that some rule wants to see."""

    large_blobs: list[NewObject] = field(default_factory=list)
    small_blobs: dict[str, NewObject] = field(default_factory=dict)
    """By oid: of the size of a pointer."""
    large_trees: list[NewObject] = field(default_factory=list)
    cards: set[str] = field(default_factory=set)


def sort_out(objects: Iterable[NewObject]) -> Suspects:
    """Look at each new object once and keep those to look at closer.

    Raises:
        PushRefused: too many of them, or a path that is too long.
    """
    suspects = Suspects()
    for count, found in enumerate(objects):
        if len(found.path) > MAX_PATH_BYTES:
            raise PushRefused(f"A path is longer than {MAX_PATH_BYTES} bytes: {found.shown_path}…")
        if found.kind == "blob":
            _sort_blob(suspects, found)
        elif found.kind == "tree" and found.size_bytes > MAX_FOLDER_ENTRIES * _MIN_ENTRY_BYTES:
            suspects.large_trees.append(found)
        if count >= MAX_NEW_OBJECTS:
            raise PushRefused(f"One push may bring {MAX_NEW_OBJECTS:,} objects. Please push the history in parts.")
    return suspects


def _sort_blob(suspects: Suspects, blob: NewObject) -> None:
    if blob.size_bytes > MAX_BLOB_BYTES:
        suspects.large_blobs.append(blob)
    elif _MIN_POINTER_BYTES <= blob.size_bytes <= MAX_POINTER_BYTES:
        suspects.small_blobs[blob.oid] = blob
    if blob.path == b"README.md":
        suspects.cards.add(blob.oid)


def check_large_blobs(suspects: Suspects) -> None:
    """Refuse files that belong into large file storage."""
    if suspects.large_blobs:
        files = list_lines([f"{blob.shown_path} ({_mebibytes(blob.size_bytes)})" for blob in suspects.large_blobs])
        raise PushRefused(
            f"Files larger than {_mebibytes(MAX_BLOB_BYTES)} cannot be stored in git itself:\n{files}\n"
            "Please track them with git-lfs (https://git-lfs.com) and push again:\n"
            '  git lfs install && git lfs migrate import --include="<path>"'
        )


def check_large_trees(suspects: Suspects, quarantine: Quarantine) -> None:
    """Refuse folders so crowded that every commit to them costs megabytes."""
    for tree in suspects.large_trees:
        is_hopeless = tree.size_bytes > MAX_FOLDER_ENTRIES * _MAX_ENTRY_BYTES
        if is_hopeless or any(len(parse_entries(raw)) > MAX_FOLDER_ENTRIES for _, raw in quarantine.read([tree.oid])):
            raise PushRefused(
                f"The folder {tree.shown_path} has more than {MAX_FOLDER_ENTRIES:,} entries; "
                "please spread them over several folders."
            )


def find_pointers(suspects: Suspects, quarantine: Quarantine) -> list[NamedPointer]:
    """The large files that the push names, each version of each of them."""
    contents = quarantine.read(list(suspects.small_blobs))
    parsed = ((oid, parse_lfs_pointer(content)) for oid, content in contents if content.startswith(b"version "))
    return [(suspects.small_blobs[oid].shown_path, pointer) for oid, pointer in parsed if pointer]


def check_pointers(pointers: Sequence[NamedPointer], sizes: Mapping[str, int]) -> None:
    """Refuse pointers whose bytes are not here. `sizes` are those of the objects that the repo has, in bytes."""
    missing = [f"{path} (object {pointer.sha256})" for path, pointer in pointers if pointer.sha256 not in sizes]
    if missing:
        raise PushRefused(
            f"These large files were not uploaded to this repo:\n{list_lines(missing)}\n"
            "Please upload them first: git lfs push --all <remote>"
        )
    wrong = [
        f"{path} claims {pointer.size_bytes} bytes, its object has {sizes[pointer.sha256]}"
        for path, pointer in pointers
        if pointer.size_bytes != sizes[pointer.sha256]
    ]
    if wrong:
        raise PushRefused(f"These git-lfs pointers are wrong:\n{list_lines(wrong)}")


def check_tips(proposal: Proposal, quarantine: Quarantine) -> None:
    """Refuse branches and pull requests that would not lead to a commit."""
    moved = [update for update in proposal.updates if update.new_oid and update.name.startswith((HEADS, PULL_REQUESTS))]
    found = quarantine.look_up([str(update.new_oid) for update in moved])
    for update, tip in zip(moved, found, strict=True):
        if tip is None or tip.kind != "commit":
            raise PushRefused(f"{update.name} must point to a commit.")


def check_cards(suspects: Suspects, proposal: Proposal, quarantine: Quarantine, repo_type: RepoType) -> None:
    """Refuse a tip whose new README.md has metadata that the API would refuse too; older versions don't matter."""
    if not suspects.cards:
        return
    cards = quarantine.look_up([f"{tip}:README.md" for tip in dict.fromkeys(proposal.tips)])
    wanted = [card.oid for card in cards if card and card.oid in suspects.cards and card.size_bytes <= _MAX_CARD_BYTES]
    for _, content in quarantine.read(list(dict.fromkeys(wanted))):
        errors = validate_card(content.decode("utf-8", "replace"), repo_type).errors
        if errors:
            raise PushRefused(f"The metadata at the top of README.md is not valid:\n{list_lines(list(errors))}")


def _mebibytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024 / 1024:.1f} MiB".replace(".0 MiB", " MiB")
