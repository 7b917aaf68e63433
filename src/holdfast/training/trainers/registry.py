"""Which module trains which task. Modules of this package are found by looking; importing them costs nothing."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType

from holdfast.base.errors import InvalidInput, UnknownTask
from holdfast.training import trainers
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Metric
from holdfast.training.trainers.interface import TaskPlan

_NO_TRAINERS = ("interface", "registry")


@cache
def _modules() -> dict[str, ModuleType]:
    """Modules by task."""
    found: dict[str, ModuleType] = {}
    for entry in pkgutil.iter_modules(trainers.__path__):
        if entry.name in _NO_TRAINERS or entry.name.startswith("_"):
            continue
        module = import_module(f"{trainers.__name__}.{entry.name}")
        found |= dict.fromkeys(getattr(module, "TASKS", ()), module)
    return found


def names() -> tuple[str, ...]:
    """Every task that can be trained."""
    return tuple(sorted(_modules()))


def module_of(task: str) -> ModuleType:
    """The trainer module of a task.

    Raises:
        UnknownTask: nothing here trains it.
    """
    if task not in _modules():
        raise UnknownTask(task=task[:80], known=names())
    return _modules()[task]


def plan_of(task: str) -> TaskPlan:
    """What a task takes and goes by.

    Raises:
        UnknownTask: nothing here trains it.
    """
    found: TaskPlan = module_of(task).TASKS[task]
    return found


def metric_of(spec: TrainingSpec, data: TrainingData) -> Metric:
    """The metric that a run goes by.

    Raises:
        InvalidInput: the task has no metric of the name that the spec asks for.
    """
    plan = plan_of(spec.task)
    name = spec.metric or (plan.default(data) if plan.default else plan.metrics[0].name)
    found = next((metric for metric in plan.metrics if metric.name == name), None)
    if found is None:
        known = ", ".join(metric.name for metric in plan.metrics)
        raise InvalidInput(field="metric", problem=f"must be one of {known} for {spec.task}")
    return found


def learns_from_rows(task: str) -> bool:
    """Whether a task needs data; those that learn by trying need an environment. True for `auto`, and the unknown."""
    return task not in _modules() or bool(plan_of(task).roles)
