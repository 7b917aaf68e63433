"""Datasets of a Hub: files at a pinned revision, sorted into parts by their names or by what the card says.

Source: the Hub's dataset conventions (docs/hub/datasets-file-names-and-splits, datasets-manual-configuration).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from holdfast.base.errors import InvalidInput, ServerRefused
from holdfast.inference.runtime.libraries import hub_failures, hub_said_no, need
from holdfast.training.domain.specification import DataSource

_SUFFIXES = (
    ".parquet",
    ".csv",
    ".tsv",
    ".jsonl",
    ".json",
    ".ndjson",
    ".xlsx",
    ".conll",
    ".conllu",
    ".iob",
    ".bio",
    ".txt",
)
_TABLES = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".conll", ".conllu", ".iob", ".bio")
_OF_MEDIA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
_KEYWORDS = {"train": ("train", "training"), "test": ("test", "testing", "eval", "evaluation")}
_VALIDATION = ("validation", "valid", "val", "dev")
_NOT_DATA = (
    "dataset_infos.json",
    "dataset_info.json",
    "requirements.txt",
    "license.txt",
    "state.json",
    "metadata.json",
)


def fetch(source: DataSource, access_token: str | None) -> tuple[Path, str]:
    """Download a dataset's files; those that are here already are not downloaded again.

    Returns:
        The folder, and the commit that its revision means.

    Raises:
        InvalidInput: there is no such dataset or revision, or it can't be read.
        ServerRefused: the Hub is away, busy or failed: it may be there later.
        NotInstalled: huggingface_hub is missing.
    """
    hub = need("huggingface_hub", "Reading datasets of a Hub", "training")
    assert source.repo_id is not None
    try:
        info = hub.HfApi(token=access_token).dataset_info(source.repo_id, revision=source.revision)
        folder = hub.snapshot_download(
            source.repo_id, repo_type="dataset", revision=info.sha, token=access_token, tqdm_class=None
        )
    except hub_failures() as error:
        words = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        problem = f"cannot be had: {source.repo_id}: {words[0][:300]}"
        if hub_said_no(error):
            raise InvalidInput(field="data", problem=problem) from None
        raise ServerRefused(reason=f"`data` {problem}") from None
    return Path(folder), str(info.sha)


def has_tables(folder: Path) -> bool:
    """Whether a folder holds tables of its own: pictures beside them belong to its card, then."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in _TABLES)
    return any(path.name not in _OF_MEDIA and not _is_hidden(path) for path in found)


def parts_of(folder: Path, source: DataSource) -> dict[str, list[Path]]:
    """Data files by part: `train`, and `test` where there is one.

    Raises:
        InvalidInput: no data files, no such config or split; names those that there are.
    """
    files = _data_files(folder)
    if not files:
        raise InvalidInput(field="data", problem="holds no file with rows (Parquet, CSV, TSV, JSON, XLSX, CoNLL, text)")
    splits = _by_card(folder, files, source.config) or _by_names(folder, files, source.config)
    if source.split is not None:
        if source.split not in splits:
            raise InvalidInput(field="data.split", problem=f"must be one of {', '.join(splits)}")
        return {"train": splits[source.split]}
    parts: dict[str, list[Path]] = {part: splits[part] for part in ("train", "test") if part in splits}
    if "train" not in parts:
        parts["train"] = next(paths for name, paths in splits.items() if name != "test" or len(splits) == 1)
    return parts


def _data_files(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in _SUFFIXES]
    kept = [path for path in found if not _is_hidden(path.relative_to(folder)) and path.name.lower() not in _NOT_DATA]
    suffixes = [path.suffix.lower() for path in kept]
    main = next((suffix for suffix in _SUFFIXES if suffix in suffixes), None)
    return sorted(path for path in kept if path.suffix.lower() == main)  # one kind: a CSV beside Parquet is a copy


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _by_card(folder: Path, files: Sequence[Path], config: str | None) -> dict[str, list[Path]]:
    """What `configs` of the card says; empty where it says nothing."""
    configs = _front_matter(folder / "README.md").get("configs")
    if not isinstance(configs, list):
        return {}
    known = {str(entry.get("config_name", "default")): entry for entry in configs if isinstance(entry, dict)}
    chosen = _chosen(known, config)
    listed = known[chosen].get("data_files", ())
    entries = (
        [{"split": "train", "path": listed}] if isinstance(listed, (str, list)) and not _is_splits(listed) else listed
    )
    found: dict[str, list[Path]] = {}
    for entry in entries:
        patterns = [entry["path"]] if isinstance(entry["path"], str) else entry["path"]
        found[str(entry["split"])] = [
            path for path in files if any(fnmatch(path.relative_to(folder).as_posix(), pattern) for pattern in patterns)
        ]
    return {split: paths for split, paths in found.items() if paths}


def _is_splits(listed: Any) -> bool:
    return (
        isinstance(listed, list)
        and bool(listed)
        and all(isinstance(entry, dict) and "split" in entry for entry in listed)
    )


def _chosen(known: dict[str, Any], config: str | None) -> str:
    if config is not None and config not in known:
        raise InvalidInput(field="data.config", problem=f"must be one of {', '.join(known)}")
    default = next((name for name, entry in known.items() if entry.get("default")), None)
    return config or default or ("default" if "default" in known else next(iter(known)))


def _front_matter(path: Path) -> dict[str, Any]:
    try:
        found = re.match(r"^---\r?\n(.*?)\r?\n---", path.read_text(encoding="utf-8"), re.DOTALL)
        fields = yaml.safe_load(found[1]) if found else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _by_names(folder: Path, files: Sequence[Path], config: str | None) -> dict[str, list[Path]]:
    """By words in the path; a file without such a word is for training."""
    within = [path for path in files if config is None or config in path.relative_to(folder).parts]
    if not within:
        raise InvalidInput(field="data.config", problem=f"has no files: {config}")
    found: dict[str, list[Path]] = {}
    for path in within:
        found.setdefault(_split_of(path.relative_to(folder)), []).append(path)
    return found


def _split_of(path: Path) -> str:
    words = re.split(r"[^a-z]+", path.as_posix().lower())
    for split, keywords in _KEYWORDS.items():
        if any(word in keywords for word in words):
            return split
    return "validation" if any(word in _VALIDATION for word in words) else "train"
