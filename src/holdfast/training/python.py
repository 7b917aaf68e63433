"""`from holdfast import train`: the command line's `holdfast train`, for programs and notebooks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.events import Listener, silence
from holdfast.training.domain.reports import Report
from holdfast.training.domain.spec_files import read_spec, spec_of
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.running import train as run

if TYPE_CHECKING:
    import pandas as pd


def train(
    data: TrainingSpec | pd.DataFrame | Mapping[str, Any] | str | Path,
    target: str | None = None,
    *,
    task: str = "auto",
    budget: float | str = "10m",
    seed: int = 0,
    push: str | None = None,
    listener: Listener = silence,
    folder: str | Path | None = None,
    stop: Callable[[], bool] = lambda: False,
    access_token: str | None = None,
    **more: Any,
) -> Report:
    """Look at the data, try models within the budget, keep the best, judge it by rows that nothing has seen.

        report = train("penguins.csv", "species", budget="60s")
        report.judgement.scores, report.folder

    Args:
        data: a file or folder, a data frame, `{"repo_id": …}` for a dataset of the Hub, or a whole spec (as an object,
            or a YAML file).
        target: the column to predict.
        task: such as `tabular-classification`; `auto` looks at the data.
        budget: of time for everything.
        seed: of everything random.
        push: a repo to push the model to.
        listener: hears what happens.
        folder: of the run; one that was interrupted goes on where it was. None makes one.
        stop: asked again and again; True ends the search and keeps the best.
        access_token: of the Hub.
        more: other fields of a `TrainingSpec`, as YAML has them: `columns`, `test`, `metric`, `candidates`, …

    Raises:
        InvalidInput, UnknownTask, NotInstalled, TrainingFailed: see `running.train`.
    """
    place = Path(folder) if folder is not None else Path(tempfile.mkdtemp(prefix="holdfast-run-"))
    if isinstance(data, TrainingSpec):
        return run(data, listener, place, stop=stop, access_token=access_token)
    if isinstance(data, (str, Path)) and Path(data).suffix in (".yaml", ".yml"):
        spec = read_spec(Path(data).read_text(encoding="utf-8"))
        return run(spec, listener, place, stop=stop, access_token=access_token)
    fields = {"task": task, "data": _source(data, place), "budget": {"seconds": budget}, "seed": seed, **more}
    fields["columns"] = {**more.get("columns", {}), **({"target": target} if target else {})}
    if push is not None:
        fields["output"] = {**more.get("output", {}), "repo_id": push}
    return run(spec_of(fields), listener, place, stop=stop, access_token=access_token)


def _source(data: Any, place: Path) -> Mapping[str, Any]:
    """A data frame is written down first: the run's spec names a file, so it can be run again."""
    if isinstance(data, Mapping):
        return data
    if isinstance(data, (str, Path)):
        return {"path": str(data)}
    if not hasattr(data, "to_parquet"):
        raise InvalidInput(field="data", problem="must be a file, a data frame, a dataset or a spec")
    place.mkdir(parents=True, exist_ok=True)
    path = place / "data.parquet"
    data.to_parquet(path)
    return {"path": str(path)}
