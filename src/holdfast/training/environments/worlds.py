"""Environments by name, how each is best learned, and what simple rules reach in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import gymnasium
import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.training.environments.pricing import DynamicPricing

Array = np.ndarray[Any, Any]
Rule = Callable[[Array, Any], Any]
"""Observation, draw → action."""

_OURS: Mapping[str, Callable[[], Any]] = {"dynamic-pricing": DynamicPricing}


@dataclass(frozen=True)
class World:
    """An environment.

    Args:
        name: of ours, or Gymnasium's id.
        goal: mean reward at which it counts as solved; None: there is none.
        presets: settings of stable-baselines3 by algorithm that are known to work.
        steps: of learning that are enough for anybody.
    """

    name: str
    goal: float | None
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    steps: int = 200_000

    def make(self) -> Any:
        """A new environment of its kind, with observations in one dimension."""
        env = _OURS[self.name]() if self.name in _OURS else gymnasium.make(self.name)
        space = env.observation_space
        if isinstance(space, gymnasium.spaces.Box) and len(space.shape) == 1:
            return env
        return gymnasium.wrappers.FlattenObservation(env)

    @property
    def is_discrete(self) -> bool:
        """Whether actions are one of several, not numbers."""
        return isinstance(self.make().action_space, gymnasium.spaces.Discrete)


_CART_POLE = {
    "n_envs": 8,
    "n_steps": 32,
    "batch_size": 256,
    "n_epochs": 20,
    "gae_lambda": 0.8,
    "gamma": 0.98,
    "learning_rate": 1e-3,
    "clip_range": 0.2,
    "falls": True,
}
_PRICING = {
    "n_envs": 8,
    "n_steps": 120,
    "batch_size": 240,
    "n_epochs": 10,
    "gae_lambda": 0.95,
    "gamma": 1.0,
    "learning_rate": 1e-3,
    "ent_coef": 0.003,
    "falls": True,
}
_USUAL = {"n_envs": 8, "n_steps": 128, "batch_size": 256, "n_epochs": 10, "gae_lambda": 0.95, "learning_rate": 3e-4}
_DQN = {
    "learning_rate": 2.3e-3,
    "batch_size": 64,
    "learning_starts": 1_000,
    "target_update_interval": 10,
    "train_freq": 256,
    "gradient_steps": 128,
    "exploration_fraction": 0.16,
    "exploration_final_eps": 0.04,
    "policy_kwargs": {"net_arch": [256, 256]},
}
_PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "CartPole-v1": {"ppo": _CART_POLE, "dqn": _DQN},
    "dynamic-pricing": {"ppo": _PRICING, "dqn": {**_DQN, "gamma": 1.0}},
}
"""Source: rl-baselines3-zoo, hyperparams/ppo.yml and dqn.yml, for CartPole-v1; ours by trial."""


def world_of(name: str) -> World:
    """An environment by name.

    Raises:
        InvalidInput: neither ours nor Gymnasium's, or one whose observations or actions no policy here can take.
    """
    if name not in _OURS and name not in gymnasium.registry:
        ours = ", ".join(_OURS)
        problem = f"must name an environment: {ours}, or one of Gymnasium such as CartPole-v1; {name[:80]!r} is none"
        raise InvalidInput(field="environment", problem=problem)
    goal = None if name in _OURS else gymnasium.spec(name).reward_threshold
    presets = _PRESETS.get(name, {"ppo": _USUAL, "dqn": _DQN})
    world = World(name, goal, presets, 120_000 if name in _PRESETS else 200_000)
    try:
        space = world.make().action_space
    except (gymnasium.error.Error, ImportError) as error:
        raise InvalidInput(field="environment", problem=f"cannot be made here: {error}") from None
    if not isinstance(space, (gymnasium.spaces.Discrete, gymnasium.spaces.Box)):
        raise InvalidInput(field="environment", problem="has actions that are neither one of several nor numbers")
    return world


FIXED = "fixed-action"
FIXED_PRICE = "best-fixed-price"
_SEASONS, _TRIES = 50, 5


def rules_of(world: World) -> dict[str, Rule]:
    """Simple rules to be beaten, by name: chance, and what never changes its mind."""
    space = world.make().action_space
    rules = {fixed_rule(world): _always(fixed_action(world.name))}
    if isinstance(space, gymnasium.spaces.Box):
        return {"random": lambda _seen, draw: draw.uniform(space.low, space.high).astype(np.float32), **rules}
    return {"random": lambda _seen, draw: int(draw.integers(space.n)), **rules}


def fixed_rule(world: World) -> str:
    """The name of the rule that always does the same."""
    return FIXED_PRICE if world.name == "dynamic-pricing" else FIXED


def _always(action: int) -> Rule:
    return lambda _seen, _draw: action


@cache
def fixed_action(name: str) -> Any:
    """The action that is best if it is taken always, over fifty seasons or five episodes; of numbers: nothing."""
    world = world_of(name)
    space = world.make().action_space
    if isinstance(space, gymnasium.spaces.Box):
        return np.clip(np.zeros(space.shape, np.float32), space.low, space.high)
    episodes = _SEASONS if name == "dynamic-pricing" else _TRIES
    found = [np.mean(rewards(world, _always(action), episodes, 5_000)) for action in range(int(space.n))]
    return int(np.argmax(found))


def rewards(world: World, rule: Rule, episodes: int, seed: int) -> list[float]:
    """Sums of rewards of whole episodes, each with a seed of its own."""
    return [sum(step.reward for step in episode(world, rule, seed + number)) for number in range(episodes)]


@dataclass(frozen=True)
class Step:
    """A moment of an episode: what was seen, done, got, and what the environment says of it."""

    seen: Array
    action: Any
    reward: float
    facts: Mapping[str, Any]


def episode(world: World, rule: Rule, seed: int) -> list[Step]:
    """One episode from begin to end."""
    env, draw = world.make(), np.random.default_rng(seed)
    seen, _facts = env.reset(seed=seed)
    steps: list[Step] = []
    ended = False
    while not ended:
        action = rule(seen, draw)
        after, reward, done, cut, facts = env.step(action)
        steps.append(Step(seen, action, float(reward), facts))
        seen, ended = after, done or cut
    return steps
