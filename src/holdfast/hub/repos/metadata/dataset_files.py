"""What the files and the `dataset_info` of a dataset say: format, modalities, number of examples.

It goes by names and by what `datasets.push_to_hub` wrote into the card; it opens no data file.
Source: datasets 5.2.0 packaged_modules for suffixes, features/features.py and info.py for the YAML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from holdfast.hub.repos.metadata.files import RepoFiles

_FORMAT_OF_SUFFIX = {
    "parquet": "parquet",
    "csv": "csv",
    "tsv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "arrow": "arrow",
    "txt": "text",
    "tar": "webdataset",
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "bmp", "tiff", "webp"), "imagefolder"),
    **dict.fromkeys(("wav", "mp3", "flac", "ogg", "opus", "m4a"), "audiofolder"),
    **dict.fromkeys(("mp4", "webm", "avi", "mov", "mkv"), "videofolder"),
}
_COMPRESSIONS = frozenset({"gz", "bz2", "xz", "zst", "lz4"})
_MODALITY_OF_FORMAT = {"text": "text", "imagefolder": "image", "audiofolder": "audio", "videofolder": "video"}
_MODALITY_OF_DTYPE = {"string": "text", "large_string": "text", "image": "image", "audio": "audio", "video": "video"}
_DATA_FRAMES = frozenset({"parquet", "csv", "json"})
_NOT_DATA = frozenset(
    {"dataset_infos.json", "dataset_dict.json", "dataset_info.json", "state.json", "requirements.txt"}
)
_MAX_FEATURES = 10_000


@dataclass(frozen=True)
class DatasetFiles:
    """`format` as in `format:…` tags; None where the files do not settle it. `examples` None if the card is silent."""

    format: str | None = None
    modalities: tuple[str, ...] = ()
    examples: int | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        """Format, modality and library tags, as far as they are sure."""
        tags = [f"format:{self.format}"] if self.format else []
        tags += [f"modality:{modality}" for modality in self.modalities]
        if self.format:
            tags.append("library:datasets")
        if self.format in _DATA_FRAMES:
            tags += ["library:pandas", "library:polars"]
        return tuple(tags)


def inspect_dataset(files: RepoFiles, card_data: dict[str, Any]) -> DatasetFiles:
    """Look at a dataset repo's file names and its card's `dataset_info`."""
    data_format = _format(files)
    infos = card_data.get("dataset_info")
    configs = [info for info in (infos if isinstance(infos, list) else [infos]) if isinstance(info, dict)]
    modalities = dict.fromkeys(_modalities_of(configs))
    if data_format in _MODALITY_OF_FORMAT:
        modalities[_MODALITY_OF_FORMAT[data_format]] = None
    return DatasetFiles(data_format, tuple(sorted(modalities)), _examples(configs))


def affects_dataset(path: str) -> bool:
    """Whether the file counts for a dataset's format."""
    return _format_of(path) is not None


def _format(files: RepoFiles) -> str | None:
    """The format of most files, as `datasets` chooses its loader."""
    counts = Counter(filter(None, map(_format_of, files.paths)))
    return counts.most_common(1)[0][0] if counts else None


def _format_of(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    stem, _, suffix = name.rpartition(".")
    if suffix in _COMPRESSIONS:
        suffix = stem.rpartition(".")[2]
    is_data = name not in _NOT_DATA and not path.startswith(".") and "/." not in path
    return _FORMAT_OF_SUFFIX.get(suffix) if is_data else None


def _modalities_of(configs: list[dict[str, Any]]) -> Iterator[str]:
    for dtype in _dtypes(configs):
        if dtype in _MODALITY_OF_DTYPE:
            yield _MODALITY_OF_DTYPE[dtype]


def _dtypes(configs: list[dict[str, Any]]) -> Iterator[str]:
    """Every dtype word of all features, nested ones too: `dtype: string`, `list: string`, `struct: […]`."""
    waiting: list[Any] = [config.get("features") for config in configs]
    for _ in range(_MAX_FEATURES):
        if not waiting:
            return
        feature = waiting.pop()
        if isinstance(feature, str):
            yield feature
        elif isinstance(feature, list):
            waiting.extend(item for item in feature if isinstance(item, dict))
        elif isinstance(feature, dict):
            waiting.extend(feature.get(key) for key in ("dtype", "list", "sequence", "struct"))


def _examples(configs: list[dict[str, Any]]) -> int | None:
    splits = [split for config in configs for split in _list(config.get("splits")) if isinstance(split, dict)]
    numbers = [split.get("num_examples") for split in splits]
    known = [number for number in numbers if type(number) is int and number >= 0]
    return sum(known) if known else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
