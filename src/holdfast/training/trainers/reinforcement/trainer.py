"""Rules first, then agents that learn for as long as the budget allows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Predictor
from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.environments.drawing import write_gif
from holdfast.training.environments.explaining import described
from holdfast.training.environments.worlds import (
    FIXED,
    FIXED_PRICE,
    Rule,
    episode,
    fixed_action,
    fixed_rule,
    rewards,
    rules_of,
    world_of,
)
from holdfast.training.learning.anatomy import perceptron_layers
from holdfast.training.learning.families import asked_for
from holdfast.training.learning.publishing import take_up
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.reinforcement.learning import learn, watching
from holdfast.training.trainers.reinforcement.policies import save_fixed, shape_of

TASK = "reinforcement-learning"
REPLAY = "replay.gif"
_FOR_LEARNING = 0.8
"""Of a trial's time; the rest is for judging what was learned."""
_UNTIL_JUDGED = 0.9
"""Of a trial's time; who judges longer may be ended."""
_JUDGED_EPISODES, _FEWEST_JUDGED, _FINAL_EPISODES = 20, 3, 100
_EPISODES_AT_ONCE, _FEWEST_FINAL, _FOR_PICTURE_SECONDS = 10, 20, 1.0
_JUDGE_SEED, _FINAL_SEED = 50_000, 90_000
ALGORITHMS = ("ppo", "dqn", "a2c")
_BENDS = {"tanh": "Tanh", "relu": "ReLU"}
_LEFT_OUT = ("environment", "epochs")


class PolicyTrainer:
    """Trials in one environment; every one is judged by the same episodes."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:  # noqa: ARG002 - there are no rows
        need("stable_baselines3", "Reinforcement learning", "training")  # once, not in every trial
        self._spec = spec
        asked_for(spec.candidates, ALGORITHMS)
        self._world = world_of(str(spec.params.get("environment") or spec.data.path or "CartPole-v1"))

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Simple rules, then PPO, and DQN where actions are one of several and the goal is not reached."""
        for name in rules_of(self._world):
            yield Plan(name, {}, 0, None, "a simple rule, to be beaten")
        wishes = {name: value for name, value in self._spec.params.items() if name not in _LEFT_OUT}
        usual = ("ppo", "dqn") if self._world.is_discrete else ("ppo",)
        algorithms = self._spec.candidates or usual
        for rung, name in enumerate(algorithms, start=1):
            if rung > 1 and self._is_solved(board):
                return
            is_last = rung == len(algorithms)
            seconds = None if "total_timesteps" in wishes else clock.left() * (0.9 if is_last else 0.65)
            parameters = {"total_timesteps": self._world.steps, **wishes}
            yield Plan(name, parameters, rung, None, "learns by trying", limit_seconds=seconds)

    def _is_solved(self, board: Board) -> bool:
        best, goal = board.best, self._world.goal
        return bool(goal is not None and best and best.outcome and best.outcome.score >= goal)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Let one learn (a rule has nothing to learn), and see what it reaches in twenty episodes, or in fewer."""
        began, rules = time.monotonic(), rules_of(self._world)
        if plan.family in (FIXED, FIXED_PRICE):
            save_fixed(fixed_action(self._world.name), self._world, place.folder / "model")
            return self._outcome(rules[plan.family], kept="model")
        if plan.family in rules:
            return self._outcome(rules[plan.family])
        total = int(plan.parameters["total_timesteps"])
        seconds = None if plan.limit_seconds is None else plan.limit_seconds * _FOR_LEARNING
        watch = watching(self._world, place.folder / "model", place.tell, total, seconds)
        learn(self._world, plan.family, plan.parameters, watch, self._spec.seed)
        served = served_rule(tasks.load(TASK, place.folder / "model", device="cpu"))
        until = None if plan.limit_seconds is None else began + plan.limit_seconds * _UNTIL_JUDGED
        return self._outcome(served, until, curve={"mean_reward": watch.curve}, kept="model")

    def _outcome(self, rule: Rule, until: float | None = None, **more: Any) -> Outcome:
        found = np.array(self._judged(rule, until))
        error = float(found.std(ddof=1) / np.sqrt(len(found)))
        return Outcome(float(found.mean()), error, {"mean_reward": float(found.mean())}, **more)

    def _judged(self, rule: Rule, until: float | None) -> list[float]:
        """Rewards of as many of the twenty episodes as there is time for: who is late gets no score at all."""
        found = rewards(self._world, rule, _FEWEST_JUDGED, _JUDGE_SEED)
        while len(found) < _JUDGED_EPISODES and (until is None or time.monotonic() < until):
            found += rewards(self._world, rule, 1, _JUDGE_SEED + len(found))
        return found

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """The best agent as its trial left it, judged by up to a hundred new episodes, with one of them as a picture.

        Where there was no time for any to learn, it is what always does the same, tried before or not.
        """
        best = _best_agent(board)
        if best is None:
            save_fixed(fixed_action(self._world.name), self._world, folder)
        else:
            take_up(board.folder_of(best) / "model", folder)
        rule = served_rule(tasks.load(TASK, folder, device="cpu"))
        found = self._final(rule, clock)
        steps = episode(self._world, rule, _FINAL_SEED)
        write_gif(self._world.name, steps, folder / REPLAY)
        sizes, activation = shape_of(folder)
        return Artefact(
            task=TASK,
            family=best.plan.family if best else fixed_rule(self._world),
            parameters=best.plan.parameters if best else {},
            library="stable-baselines3",
            example={"observation": np.asarray(steps[0].seen).tolist()},
            explanation={
                "environment": self._world.name,
                "solved_at": self._world.goal,
                "rules": self._rules(board),
                "episodes": len(found),
                "standard_error": float(found.std(ddof=1) / np.sqrt(len(found))),
                "replay": REPLAY,
                "agent": described(self._world, steps[0]),
                "layers": perceptron_layers(sizes, _BENDS[activation]),
                "parameters": sum((before + 1) * after for before, after in pairwise(sizes)),
            },
            scores={"mean_reward": float(found.mean())},
        )

    def _final(self, rule: Rule, clock: Clock) -> np.ndarray[Any, Any]:
        """Rewards of new episodes: a few in any case, more while there is time."""
        found: list[float] = []
        while len(found) < _FEWEST_FINAL or (len(found) < _FINAL_EPISODES and clock.left() > _FOR_PICTURE_SECONDS):
            found += rewards(self._world, rule, _EPISODES_AT_ONCE, _FINAL_SEED + len(found))
        return np.array(found)

    def _rules(self, board: Board) -> dict[str, float]:
        names = rules_of(self._world)
        return {t.plan.family: t.outcome.score for t in board.finished() if t.outcome and t.plan.family in names}


def _best_agent(board: Board) -> Trial | None:
    """One that has learned, even where a rule got more: the rule stands beside it in the report. None: none has."""
    kept = [trial for trial in board.finished() if trial.outcome and trial.outcome.kept]
    learned = (trial for trial in kept if trial.plan.family not in (FIXED, FIXED_PRICE))
    return next(learned, next(iter(kept), None))


def served_rule(predictor: Predictor) -> Rule:
    """What the policy does as it is served: the judge sees what its users will see."""

    def choose(seen: Any, _draw: Any) -> Any:
        action = predictor.predict({"observation": np.asarray(seen).tolist()})["action"]
        return np.array(action, np.float32) if isinstance(action, list) else action

    return choose
