"""Agents that learn by trying: worlds, rules, short lessons, and policies that inference serves."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import stable_baselines3
from gymnasium.utils.env_checker import check_env
from PIL import Image
from safetensors.numpy import load_file

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.training.domain.specification import DataSource, TrainingSpec
from holdfast.training.domain.trials import Board, Metric, Outcome, Plan, Status, Trial
from holdfast.training.environments.pricing import PRICES, DynamicPricing, demand
from holdfast.training.environments.worlds import episode, rewards, rules_of, world_of
from holdfast.training.trainers.reinforcement import prepare
from holdfast.training.trainers.reinforcement.learning import watching
from holdfast.training.trainers.reinforcement.policies import save_agent
from tests.factories.training_runs import Hours, carry_out, training_data

CART = "CartPole-v1"


def learn(world, folder, **more):
    spec = TrainingSpec("reinforcement-learning", DataSource(path=world), **more)
    return carry_out(training_data(pd.DataFrame(), {}), spec, folder)


def test_a_season_sells_what_people_want_and_no_more_than_there_is():
    season = DynamicPricing(days=5, stock=8)
    season.reset(seed=1)
    left, ended, days = 8, False, 0
    while not ended:
        seen, reward, ended, _cut, facts = season.step(0)
        assert reward == pytest.approx(facts["sold"] * PRICES[0])
        assert facts["left"] == left - facts["sold"] >= 0
        left, days = facts["left"], days + 1
        assert season.observation_space.contains(seen)
    assert days <= 5
    assert demand(2.0, 3, 30) < demand(0.5, 3, 30)


def test_an_algorithm_that_there_is_not_is_named():
    spec = TrainingSpec("reinforcement-learning", DataSource(path="CartPole-v1"), candidates=("sarsa",))
    with pytest.raises(InvalidInput, match=r"sarsa.*known: ppo, dqn"):
        prepare(training_data(pd.DataFrame(), {}), spec)


def test_gymnasium_accepts_the_season():
    check_env(DynamicPricing(), skip_render_check=True)


def test_episodes_repeat_with_their_seed_and_a_fixed_price_beats_chance():
    world = world_of("dynamic-pricing")
    rules = rules_of(world)
    first, again = (rewards(world, rules["random"], 3, 7) for _ in range(2))
    assert first == again
    assert np.mean(rewards(world, rules["best-fixed-price"], 30, 0)) > np.mean(rewards(world, rules["random"], 30, 0))


@pytest.mark.parametrize("name", ["NoSuchWorld-v0", "../etc/passwd", ""])
def test_worlds_that_there_are_not(name):
    with pytest.raises(InvalidInput, match="environment"):
        world_of(name)


@pytest.mark.parametrize(
    ("world", "algorithm"),
    [
        ("CartPole-v1", "ppo"),
        pytest.param("CartPole-v1", "dqn", marks=pytest.mark.heavy),
        pytest.param("dynamic-pricing", "ppo", marks=pytest.mark.heavy),
        ("Pendulum-v1", "ppo"),
    ],
)
def test_a_short_lesson_makes_a_policy_that_is_served(world, algorithm, tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    steps = {"CartPole-v1": 1_024, "dynamic-pricing": 960, "Pendulum-v1": 1_024}[world]
    run = learn(world, tmp_path, candidates=(algorithm,), params={"total_timesteps": steps})
    assert run.families[-1] == algorithm
    assert run.families[0] == "random"
    assert {path.name for path in run.folder.iterdir()} == {"config.json", "model.safetensors", "replay.gif"}
    predictor = tasks.load("reinforcement-learning", run.folder)
    action = predictor.predict(run.artefact.example)["action"]
    assert isinstance(action, list if world == "Pendulum-v1" else int)
    with Image.open(run.folder / "replay.gif") as picture:
        assert picture.format == "GIF"
        assert picture.n_frames > 1
    said = run.artefact.explanation
    assert set(said["rules"]) == set(rules_of(world_of(world)))
    assert said["layers"][-1]["name"] == "output"
    stored = sum(tensor.size for tensor in load_file(run.folder / "model.safetensors").values())
    assert said["parameters"] == stored == sum(layer["parameters"] for layer in said["layers"])
    assert len(said["agent"]["sees"]) == len(said["agent"]["moment"]["seen"])
    assert world == "Pendulum-v1" or said["agent"]["moment"]["done"] in said["agent"]["does"]
    assert not [*shared.glob("SB3*")], "the library's logs would be left there"


@pytest.mark.parametrize(
    ("world", "rule"),
    [("CartPole-v1", "fixed-action"), ("dynamic-pricing", "best-fixed-price"), ("Pendulum-v1", "fixed-action")],
)
def test_without_time_to_learn_what_always_does_the_same_is_the_model(world, rule, tmp_path):
    run = learn(world, tmp_path, candidates=("ppo",), params={"total_timesteps": 1_024, "no_such_setting": 1})
    assert [trial.status.value for trial in run.board.trials] == ["ok", "ok", "failed"]
    assert run.artefact.family == rule
    assert run.artefact.scores["mean_reward"] == pytest.approx(run.trial(rule).outcome.score, rel=0.2)
    served = tasks.load("reinforcement-learning", run.folder)
    assert len({str(served.predict({"observation": step})["action"]) for step in _seen(world)}) == 1


def test_a_run_that_had_time_for_chance_alone_has_a_model(tmp_path):
    trainer = prepare(training_data(pd.DataFrame(), {}), TrainingSpec("reinforcement-learning", DataSource(path=CART)))
    board = Board(
        Metric("mean_reward", greater_is_better=True), [Trial(0, Plan("random"), Status.OK, 1.0, Outcome(9.0))]
    )
    artefact = trainer.finish(board, tmp_path, Hours(seconds=0.0))
    assert (artefact.family, artefact.explanation["rules"]) == ("fixed-action", {"random": 9.0})
    assert tasks.load("reinforcement-learning", tmp_path).predict(artefact.example)["action"] in (0, 1)


def _seen(name):
    world = world_of(name)
    return [step.seen.tolist() for step in episode(world, rules_of(world)["random"], 3)][:5]


def test_what_is_served_does_what_the_agent_did(tmp_path):
    world = world_of("CartPole-v1")
    for make in (stable_baselines3.PPO, stable_baselines3.DQN):
        agent = make("MlpPolicy", world.make(), seed=3, device="cpu")
        save_agent(agent, world, tmp_path)
        predictor = tasks.load("reinforcement-learning", tmp_path)
        for step in episode(world, rules_of(world)["random"], 5):
            served = predictor.predict({"observation": step.seen.tolist()})["action"]
            assert served == int(agent.predict(step.seen, deterministic=True)[0])


def test_it_is_looked_at_by_time_where_steps_take_too_long():
    watch = watching(world_of("CartPole-v1"), Path(), lambda _told: None, total=160_000, seconds=1_000.0)
    assert watch.every == 10_000
    assert watch.is_due(10_000)
    assert not watch.is_due(500)
    watch.began -= 100.0
    assert watch.is_due(500), "a sixteenth of its time is over"
    watch.looked_seconds = 50.0
    assert not watch.is_due(500), "looks have taken enough of the time"
    watch.curve.append((9_500, 20.0))
    assert watch.is_due(10_000), "looks by time put off none by steps"
    assert not watch.is_due(9_999)
    assert not watching(watch.world, Path(), watch.tell, total=160_000, seconds=None).is_due(500)


def test_what_looks_take_is_kept_for_the_last_of_them():
    watch = watching(world_of("CartPole-v1"), Path(), lambda _told: None, total=160_000, seconds=1_000.0)
    watch.began -= 600.0
    assert watch.time_left == pytest.approx(1 - 600 / 750, abs=0.01), "a look may take a tenth of the time"
    watch.began -= 200.0
    watch.longest_seconds = 40.0
    assert watch.time_left == pytest.approx(1 - 800 / 900, abs=0.01)
    watch.longest_seconds = 900.0
    assert watch.time_left == 0.0


def test_a_trial_is_judged_by_as_many_of_its_episodes_as_there_is_time_for():
    trainer = prepare(training_data(pd.DataFrame(), {}), TrainingSpec("reinforcement-learning", DataSource(path=CART)))
    world = world_of(CART)
    rule = rules_of(world)["random"]
    whole = rewards(world, rule, 20, 50_000)
    assert trainer._judged(rule, None) == whole
    assert trainer._judged(rule, time.monotonic() - 1) == whole[:3]


def test_the_last_judgement_ends_in_time():
    spec = TrainingSpec("reinforcement-learning", DataSource(path="CartPole-v1"))
    trainer = prepare(training_data(pd.DataFrame(), {}), spec)
    rule = rules_of(world_of("CartPole-v1"))["random"]
    assert len(trainer._final(rule, Hours(seconds=0.0))) == 20
    assert len(trainer._final(rule, Hours(seconds=100.0))) == 100


@pytest.mark.heavy
def test_cart_pole_is_solved(tmp_path):
    run = learn("CartPole-v1", tmp_path, candidates=("ppo",), params={"total_timesteps": 50_000})
    assert run.artefact.scores["mean_reward"] >= 475


@pytest.mark.heavy
def test_prices_that_follow_the_season_beat_the_best_fixed_one(tmp_path):
    run = learn("dynamic-pricing", tmp_path, candidates=("ppo",), params={"total_timesteps": 60_000})
    assert run.artefact.scores["mean_reward"] > run.artefact.explanation["rules"]["best-fixed-price"]
