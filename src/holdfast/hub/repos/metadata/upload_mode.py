"""How a file enters a repo: inside the commit, or as a large file whose pointer the commit holds; or not at all.

Pure decisions over what a client tells at preupload. It does not know what is stored already.
Source: the answers of `POST /api/{type}s/{repo}/preupload/{revision}` that huggingface_hub 2.4.0 _commit_api.py reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.git_files import Attributes, Ignores

REGULAR_LIMIT_BYTES = 10 * 1024 * 1024
"""A larger file is stored as a large file whatever its name."""

_GIT_CONTROL_FILES = frozenset({".gitattributes", ".gitignore", ".gitmodules"})


class UploadMode(Enum):
    """The values of `uploadMode`."""

    REGULAR = "regular"
    LFS = "lfs"


@dataclass(frozen=True)
class UploadRules:
    """The `.gitattributes` of the target revision and the `.gitignore` of the revision or the client."""

    attributes: Attributes
    ignores: Ignores

    @classmethod
    def parse(cls, gitattributes: str | None, gitignore: str | None) -> UploadRules:
        """Read both files; None means that there is none.

        Raises:
            TooLarge: a file over the limits of `git_files`.
        """
        return cls(Attributes(gitattributes or ""), Ignores(gitignore or ""))

    def mode(self, path: str, size_bytes: int, sample: bytes) -> UploadMode:
        """Large file if attributes say so, else by size, else if the sample (its first 512 bytes) looks binary.

        Git's own control files must stay readable for git and are always regular below the limit.
        """
        if size_bytes > REGULAR_LIMIT_BYTES:
            return UploadMode.LFS
        if size_bytes == 0 or path.rpartition("/")[2] in _GIT_CONTROL_FILES:
            return UploadMode.REGULAR
        by_attribute = self.attributes.is_lfs(path)
        is_large = b"\0" in sample if by_attribute is None else by_attribute
        return UploadMode.LFS if is_large else UploadMode.REGULAR

    def should_ignore(self, path: str) -> bool:
        """Whether the client should leave the file out of its commit."""
        return self.ignores.matches(path)


_WEIGHTS = (
    "*.7z *.arrow *.bin *.bz2 *.ckpt *.ftz *.gguf *.gz *.h5 *.joblib *.keras *.lfs.* *.mlmodel *.model *.msgpack *.npy "
    "*.npz *.onnx *.ot *.parquet *.pb *.pickle *.pkl *.pt *.pth *.rar *.safetensors saved_model/**/* *.tar.* *.tar "
    "*.tflite *.tgz *.wasm *.xz *.zip *.zst *tfevents*"
)
_MEDIA = (
    "*.lz4 *.mds *.pcm *.sam *.raw *.aac *.flac *.mp3 *.ogg *.wav *.bmp *.gif *.png *.tiff *.jpg *.jpeg *.webp *.mp4 "
    "*.webm"
)
_LFS_ATTRIBUTES = "filter=lfs diff=lfs merge=lfs -text"


def default_gitattributes(repo_type: RepoType) -> str:
    """The `.gitattributes` of a new repo: formats that are never text are large files even when tiny.

    Datasets add media formats, which models and Spaces often hold as small pictures that should show in a diff.
    """
    patterns = _WEIGHTS.split() + (_MEDIA.split() if repo_type is RepoType.DATASET else [])
    return "".join(f"{pattern} {_LFS_ATTRIBUTES}\n" for pattern in patterns)


def add_large_file_rules(gitattributes: bytes, paths: Iterable[str]) -> bytes:
    """Append a rule for each path that the file does not take for a large file; it stays as it is if none is missing.

    Raises:
        TooLarge: the file is over the limits of `git_files`, or would be.
    """
    known = Attributes(gitattributes.decode("utf-8", "replace"))
    missing = [path for path in dict.fromkeys(paths) if not known.is_lfs(path)]
    if not missing:
        return gitattributes
    start = b"" if not gitattributes or gitattributes.endswith(b"\n") else b"\n"
    rules = "".join(f"{_pattern_of(path)} {_LFS_ATTRIBUTES}\n" for path in missing)
    amended = gitattributes + start + rules.encode()
    Attributes(amended.decode("utf-8", "replace"))
    return amended


def _pattern_of(path: str) -> str:
    """The pattern that matches this path alone: from the root, without wildcards, in quotes where it has spaces."""
    pattern = "/" + re.sub(r"([*?\[\\])", r"\\\1", path)
    if not any(letter.isspace() for letter in pattern):
        return pattern
    return '"' + re.sub(r'(["\\])', r"\\\1", pattern) + '"'


def default_card(title: str, license_name: str) -> str:
    """The README.md of a new model or dataset; `license_name` is one of `vocabulary.LICENSES`."""
    return "\n".join(["---", f"license: {license_name}", "---", "", f"# {title}", ""])


def default_space_card(title: str, sdk: str, sdk_version: str | None = None, license_name: str | None = None) -> str:
    """The README.md of a new Space; `sdk` is one of `vocabulary.SPACE_SDKS`, `license_name` None says nothing."""
    lines = ["---", f"title: {_yaml_word(title)}", "emoji: 🌱", "colorFrom: green", "colorTo: blue", f"sdk: {sdk}"]
    if sdk_version:
        lines.append(f'sdk_version: "{sdk_version}"')
    if sdk in ("gradio", "streamlit"):
        lines.append("app_file: app.py")
    if license_name:
        lines.append(f"license: {license_name}")
    return "\n".join([*lines, "pinned: false", "---", "", f"# {title}", ""])


def _yaml_word(text: str) -> str:
    """A repo name as a YAML string, whatever it looks like."""
    return f'"{text}"' if not text.replace(" ", "").isalpha() else text
