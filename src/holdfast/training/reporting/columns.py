"""What each column of the data was, and what it was for."""

from __future__ import annotations

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.exhibits import ColumnUse


def columns_of(data: TrainingData) -> tuple[ColumnUse, ...]:
    """Columns in the order of the data, with their kind and role."""
    roles = dict.fromkeys(data.inputs, "input") | {name: role for role, name in data.columns.items()}
    for name, role in ((data.groups, "groups"), (data.order, "order")):
        if name is not None:
            roles.setdefault(name, role)
    return tuple(
        ColumnUse(str(name), data.kinds[name].value if name in data.kinds else "", roles.get(name, "unused"))
        for name in data.train.columns
    )
