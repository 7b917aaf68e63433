"""reinforcement-learning: what a policy does when it sees an observation.

A policy is a folder with `model.safetensors` and a `config.json` that says how to read it:

    {"policy": {"kind": "mlp", "activation": "tanh", "observation_shape": [4],
                "action": {"kind": "discrete", "count": 2}}}

`mlp`: tensors `layers.0.weight`, `layers.0.bias`, … (outputs × inputs), with `observation_mean` and `observation_std`
if observations are normalized. `table`: a tensor `q_table` (states × actions); an observation is a state's number.
Actions are `discrete` (the best, or drawn by its scores) or `continuous` with `low` and `high` for each number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.kinds import Anything, Either, Field, Flag, Integer, ListOf, Number, Record
from holdfast.inference.domain.labels import softmax
from holdfast.inference.domain.predictors import Item, Placement, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need

Array = np.ndarray[Any, Any]


def _relu(values: Array) -> Array:
    return np.maximum(values, 0.0)


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"tanh": np.tanh, "relu": _relu}

SPEC = TaskSpec(
    name="reinforcement-learning",
    summary="Chooses an action for an observation.",
    inputs=Record(
        {"observation": Field(Anything(), "Numbers in the policy's shape, or a state's number.", required=True)}
    ),
    parameters=Record(
        {
            "deterministic": Field(Flag(), "Take the best action (true without it), or draw one."),
            "seed": Field(Integer(0, 2**63 - 1), "Makes draws repeatable."),
        }
    ),
    output=Record(
        {
            "action": Field(Either((Integer(0), ListOf(Number())), "an action"), required=True),
            "scores": Field(ListOf(Number()), "Of discrete actions: what the policy gives each."),
        }
    ),
)


@dataclass(frozen=True)
class Actions:
    """What a policy can do: `count` things, or numbers between `low` and `high`."""

    count: int
    low: Array | None = None
    high: Array | None = None


@dataclass(frozen=True)
class Policy:
    """Layers of a network, or one table, with what it sees and does."""

    shape: tuple[int, ...]
    actions: Actions
    layers: tuple[tuple[Array, Array], ...]
    activation: str
    mean: Array
    std: Array
    q_table: Array | None = None

    def outputs(self, observations: Array) -> Array:
        """What the policy gives each action, a row for each observation."""
        if self.q_table is not None:
            return np.asarray(self.q_table[observations])
        values = (observations.reshape(len(observations), -1) - self.mean) / self.std
        for index, (weight, bias) in enumerate(self.layers):
            values = values @ weight.T + bias
            if index + 1 < len(self.layers):
                values = _ACTIVATIONS[self.activation](values)
        return values


class ReinforcementLearning(Predictor):
    """A policy."""

    spec = SPEC
    placement = Placement("cpu", "float32")

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        return Item(None, parameters, [read_observation(inputs["observation"], self._policy)])

    def run(self, items: Sequence[Item]) -> list[Any]:
        outputs = self._policy.outputs(np.stack([item.rows[0] for item in items]))
        return [self._answer(item, line) for item, line in zip(items, outputs, strict=True)]

    def _answer(self, item: Item, line: Array) -> dict[str, Any]:
        actions = self._policy.actions
        if actions.low is not None and actions.high is not None:
            return {"action": np.clip(line, actions.low, actions.high).tolist()}
        best = int(line.argmax())
        if not item.parameters.get("deterministic", True):
            chances = softmax(line.astype(np.float64))
            best = int(np.random.default_rng(item.parameters.get("seed")).choice(len(chances), p=chances))
        return {"action": best, "scores": line.tolist()}


def read_observation(value: Any, policy: Policy) -> Array:
    """An observation as an array of the policy's shape.

    Raises:
        InvalidInput: not numbers, not finite, or of another shape.
    """
    name = "inputs.observation"
    if policy.q_table is not None:
        return np.asarray(Integer(0, len(policy.q_table) - 1).parse(value, name))
    try:
        array = np.asarray(value, dtype=np.float32)
    except (ValueError, TypeError):
        raise InvalidInput(field=name, problem="must hold numbers, in lists of the same length") from None
    if array.shape != policy.shape or not np.isfinite(array).all():
        raise InvalidInput(field=name, problem=f"must be finite numbers of shape {list(policy.shape)}")
    return array


def load(folder: Path, wish: Wish) -> ReinforcementLearning:  # noqa: ARG001 - always on the CPU
    """Load a policy. See `tasks.load` for errors."""
    checkpoint = Checkpoint(folder)
    said = checkpoint.config().get("policy")
    if not isinstance(said, dict):
        raise UnusableModel(problem="config.json says nothing of a policy")
    checkpoint.check_weights()
    tensors = need("safetensors.numpy").load_file(folder / "model.safetensors")
    try:
        return ReinforcementLearning(_read_policy(said, tensors))
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableModel(problem=f"its config.json and weights make no policy: {error}") from None


def _read_policy(said: Mapping[str, Any], tensors: Mapping[str, Array]) -> Policy:
    actions = _read_actions(said["action"])
    nothing, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    if said["kind"] == "table":
        return Policy((), actions, (), "tanh", nothing, one, tensors["q_table"])
    if said["kind"] != "mlp" or said["activation"] not in _ACTIVATIONS:
        raise ValueError("unknown kind or activation")
    count = sum(name.startswith("layers.") and name.endswith(".weight") for name in tensors)
    layers = tuple((tensors[f"layers.{index}.weight"], tensors[f"layers.{index}.bias"]) for index in range(count))
    shape = tuple(int(size) for size in said["observation_shape"])
    _check_layers(layers, int(np.prod(shape)), actions.count)
    mean, std = tensors.get("observation_mean", nothing), tensors.get("observation_std", one)
    return Policy(shape, actions, layers, said["activation"], mean.reshape(-1), std.reshape(-1))


def _read_actions(said: Mapping[str, Any]) -> Actions:
    if said["kind"] == "discrete":
        return Actions(int(said["count"]))
    low, high = np.asarray(said["low"], np.float32), np.asarray(said["high"], np.float32)
    return Actions(len(low), low, high)


def _check_layers(layers: Sequence[tuple[Array, Array]], inputs: int, outputs: int) -> None:
    sizes = [inputs]
    for weight, bias in layers:
        if weight.shape[1] != sizes[-1] or bias.shape != weight.shape[:1]:
            raise ValueError("its layers do not fit together")
        sizes.append(weight.shape[0])
    if len(sizes) < 2 or sizes[-1] != outputs:
        raise ValueError("it does not give one number for each action")
