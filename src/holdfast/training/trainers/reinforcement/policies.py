"""Policies of stable-baselines3 as plain weights with a config.json, as `inference.tasks.reinforcement_learning` reads.

Source: stable-baselines3 2.9: ActorCriticPolicy (mlp_extractor.policy_net, action_net), QNetwork (q_net).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.environments.worlds import World

Array = np.ndarray[Any, Any]


def layers_of(agent: Any) -> list[Any]:
    """The linear layers between what the agent sees and what it does."""
    linear = need("torch").nn.Linear
    policy = agent.policy
    if hasattr(policy, "q_net"):
        return [layer for layer in policy.q_net.q_net if isinstance(layer, linear)]
    hidden = [layer for layer in policy.mlp_extractor.policy_net if isinstance(layer, linear)]
    return [*hidden, policy.action_net]


def save(layers: list[tuple[Array, Array]], activation: str, world: World, folder: Path) -> None:
    """Write a policy.

    Args:
        layers: weights (outputs × inputs) and biases.
        activation: between them: `tanh` or `relu`.
        world: that it was learned in.
        folder: to be filled.
    """
    env = world.make()
    space = env.action_space
    action: dict[str, Any] = (
        {"kind": "discrete", "count": int(space.n)}
        if world.is_discrete
        else {"kind": "continuous", "low": space.low.tolist(), "high": space.high.tolist()}
    )
    said = {
        "kind": "mlp",
        "activation": activation,
        "observation_shape": list(env.observation_space.shape),
        "action": action,
        "environment": world.name,
    }
    tensors = {}
    for index, (weight, bias) in enumerate(layers):
        tensors[f"layers.{index}.weight"] = np.ascontiguousarray(weight, np.float32)
        tensors[f"layers.{index}.bias"] = np.ascontiguousarray(bias, np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    need("safetensors.numpy").save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"policy": said}, indent=2))


def shape_of(folder: Path) -> tuple[list[int], str]:
    """How many numbers go into a saved policy, through each of its layers and out of it; and what bends them."""
    said = json.loads((folder / "config.json").read_text())["policy"]
    tensors = need("safetensors.numpy").load_file(folder / "model.safetensors")
    weights = [tensors[f"layers.{index}.weight"] for index in range(len(tensors) // 2)]
    return [weights[0].shape[1], *(weight.shape[0] for weight in weights)], said["activation"]


def save_fixed(action: Any, world: World, folder: Path) -> None:
    """Write a policy that always does the same: what it sees counts nothing."""
    inputs = int(np.prod(world.make().observation_space.shape))
    bias = np.eye(int(world.make().action_space.n))[action] if world.is_discrete else np.asarray(action).reshape(-1)
    save([(np.zeros((len(bias), inputs)), bias)], "tanh", world, folder)


def save_agent(agent: Any, world: World, folder: Path) -> None:
    """Write what an agent has learned so far."""
    arrays = [(layer.weight.detach().cpu().numpy(), layer.bias.detach().cpu().numpy()) for layer in layers_of(agent)]
    save(arrays, "relu" if hasattr(agent.policy, "q_net") else "tanh", world, folder)
