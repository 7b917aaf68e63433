"""One agent learning: set up from a preset, looked at now and then, its best moment kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.environments.worlds import Rule, World, rewards
from holdfast.training.trainers.interface import TrialFailed
from holdfast.training.trainers.reinforcement.policies import save_agent

Tell = Callable[[Mapping[str, Any]], None]
_LOOKS, _EPISODES_EACH = 16, 5
_FOR_LOOKS = 0.05
"""Of the time, for looks that steps alone do not ask for."""
_LAST_LOOKS, _LEAST_LEARNING, _FIRST_LOOK = 2.5, 0.5, 0.1
"""So many times what a look takes is kept of the time, for the last one and for judging; half is always for learning.
Until there was a look, it is taken for a tenth of the time."""
_SEED = 20_000


@dataclass
class Watch:
    """Looks at an agent now and then, and keeps its best moment.

    Args:
        world: that it learns in.
        folder: to write the best policy to.
        tell: is told what it reaches.
        every: steps between two looks.
        seconds: that it may learn; None means as long as its steps take.
        looked_seconds: that went into looks.
        looked_at: share of the time that was over at the last look.
        longest_seconds: of one look.
    """

    world: World
    folder: Path
    tell: Tell
    every: int
    seconds: float | None = None
    best: float = -math.inf
    looked_seconds: float = 0.0
    looked_at: float = 0.0
    longest_seconds: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def time_left(self) -> float:
        """Share of the time that is left: 1 at the begin, 0 when it is time for the last look."""
        if self.seconds is None:
            return 1.0
        look = self.longest_seconds or _FIRST_LOOK * self.seconds
        learning = max(_LEAST_LEARNING * self.seconds, self.seconds - _LAST_LOOKS * look)
        return max(0.0, 1.0 - (time.monotonic() - self.began) / learning)

    def is_due(self, steps: int) -> bool:
        """Whether to look after so many steps: now and then; also where time is short, unless that takes much of it."""
        last_steps = self.curve[-1][0] if self.curve else 0
        if steps // self.every > last_steps // self.every:
            return True
        spent = 1.0 - self.time_left
        affords = self.seconds is not None and self.looked_seconds <= _FOR_LOOKS * spent * self.seconds
        return affords and spent - self.looked_at >= 1 / _LOOKS

    def look(self, agent: Any) -> bool:
        """Try the agent in some episodes; False when it has reached the goal and needs to learn no more."""
        began = time.monotonic()
        found = float(np.mean(rewards(self.world, rule_of(agent), _EPISODES_EACH, _SEED)))
        if not math.isfinite(found):
            raise TrialFailed("the rewards were no numbers any more")
        self.curve.append((int(agent.num_timesteps), found))
        took = time.monotonic() - began
        self.looked_seconds, self.longest_seconds = self.looked_seconds + took, max(self.longest_seconds, took)
        self.looked_at = 1.0 - self.time_left
        self.tell({"step": int(agent.num_timesteps), "mean_reward": found})
        if found > self.best:
            self.best = found
            save_agent(agent, self.world, self.folder)
        return not self._is_solved()

    def _is_solved(self) -> bool:
        """Twice in a row, with room above the goal: five episodes may be luck."""
        goal, last = self.world.goal, [value for _step, value in self.curve[-2:]]
        return goal is not None and len(last) == 2 and min(last) >= goal


def rule_of(agent: Any) -> Rule:
    """What an agent does, without chance."""
    return lambda seen, _draw: agent.predict(seen, deterministic=True)[0]


def learn(world: World, algorithm: str, parameters: Mapping[str, Any], watch: Watch, seed: int) -> Any:
    """Let a new agent learn.

    Args:
        world: to learn in.
        algorithm: `ppo`, `dqn` or `a2c`.
        parameters: `total_timesteps`, and what differs from the preset, by stable-baselines3's names.
        watch: looks at it.
        seed: of everything random.

    Raises:
        TrialFailed: settings that the algorithm does not have.
    """
    library = need("stable_baselines3", "Reinforcement learning", "training")
    need("torch").manual_seed(seed)
    settings = {**world.presets.get(algorithm, {}), **parameters}
    total = int(settings.pop("total_timesteps"))
    count = int(settings.pop("n_envs", 1))
    if settings.pop("falls", False):
        settings = {**settings, **_falling(settings, watch)}
    vector = need("stable_baselines3.common.vec_env").DummyVecEnv([world.make] * count)
    vector.seed(seed)
    try:
        agent = getattr(library, algorithm.upper())("MlpPolicy", vector, seed=seed, device="cpu", **settings)
    except TypeError as error:
        raise TrialFailed(f"{algorithm} has no such setting: {error}") from error
    agent.set_logger(need("stable_baselines3.common.logger").Logger(None, []))  # else it leaves a folder beside others'
    agent.learn(total, callback=_callback(watch))
    watch.look(agent)
    return agent


def _falling(settings: Mapping[str, Any], watch: Watch) -> dict[str, Any]:
    """Learning rate and clip range that go down to nothing, with the steps or the time, whichever ends sooner."""

    def line(start: float) -> Callable[[float], float]:
        return lambda steps_left: min(steps_left, watch.time_left) * start

    return {name: line(float(settings[name])) for name in ("learning_rate", "clip_range") if name in settings}


def _callback(watch: Watch) -> Any:
    class _Look(need("stable_baselines3.common.callbacks").BaseCallback):  # type: ignore[misc]
        def _on_step(self) -> bool:
            goes_on = watch.look(self.model) if watch.is_due(self.num_timesteps) else True
            return goes_on and watch.time_left > 0

    return _Look()


def watching(world: World, folder: Path, tell: Tell, total: int, seconds: float | None) -> Watch:
    """A watch that looks sixteen times, by steps or by time."""
    return Watch(world, folder, tell, max(500, total // _LOOKS), seconds)
