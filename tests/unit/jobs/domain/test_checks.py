from __future__ import annotations

import pytest

from holdfast.base.errors import HoldfastError, InvalidInput, TooLarge
from holdfast.jobs.domain.checks import check_spec
from holdfast.jobs.domain.hardware import find_flavor, flavors_of
from holdfast.jobs.domain.jobs import Stage
from tests.factories.jobs import spec


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"environment": {"A": "b", "_x1": ""}, "secrets": {"HF_TOKEN": "hf_x"}},
        {"labels": {"a": "", "b c": "ü"}},
        {"files": {"spec.yaml": "a: 1"}},
        {"image": "python:3.12"},
        {"image": "python"},
        {"image": "python:3.11-slim-bookworm"},
        {"image": "docker.io/library/python:3.12.1"},
        {"image": "ghcr.io/astral-sh/uv:python3.12-bookworm"},
        {"max_attempts": 100, "timeout_seconds": 1, "priority": -5, "cpus": 2, "memory_mb": 64},
    ],
)
def test_good_ones(fields):
    check_spec(spec(**fields))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"command": ()}, "command"),
        ({"command": ("",)}, "command"),
        ({"command": ("a\0b",)}, "command"),
        ({"command": ("a",), "arguments": ("\0",)}, "command"),
        ({"environment": {"1A": "x"}}, "environment"),
        ({"environment": {"A=B": "x"}}, "environment"),
        ({"environment": {"HOLDFAST_DATA_DIR": "x"}}, "environment"),
        ({"environment": {"A": "x\0"}}, "environment"),
        ({"secrets": {"": "x"}}, "secrets"),
        ({"labels": {"": "x"}}, "labels"),
        ({"labels": {"a": "x" * 101}}, "labels"),
        ({"labels": {"a": "x\ny"}}, "labels"),
        ({"labels": {str(number): "" for number in range(51)}}, "labels"),
        ({"files": {"../x": ""}}, "files"),
        ({"files": {".hidden": ""}}, "files"),
        ({"max_attempts": 0}, "attempts"),
        ({"timeout_seconds": 0}, "timeoutSeconds"),
        ({"priority": 10_000}, "priority"),
        ({"memory_mb": 1}, "memoryMb"),
        ({"cpus": 0}, "cpus"),
        ({"idempotency_key": ""}, "idempotencyKey"),
        ({"concurrency_key": "x" * 201}, "concurrencyKey"),
        ({"environment": {"A": "\ud800"}}, "body"),
    ],
)
def test_bad_ones(fields, field):
    with pytest.raises(InvalidInput) as raised:
        check_spec(spec(**fields))
    assert raised.value.field == field


@pytest.mark.parametrize("fields", [{"environment": {"A": "x" * 200_000}}, {"command": ("x" * 200_000,)}])
def test_too_large(fields):
    with pytest.raises(TooLarge):
        check_spec(spec(**fields))


@pytest.mark.parametrize(
    "image", ["ubuntu", "python:2.7", "pytorch/pytorch:2", "evil/python:3.12", "python:3.12@sha256:0", "", "x python:3"]
)
def test_images_that_need_containers(image):
    with pytest.raises(HoldfastError, match="docker driver") as raised:
        check_spec(spec(image=image))
    assert raised.value.status == 422


def test_the_image_of_a_space():
    with pytest.raises(HoldfastError, match="docker driver"):
        check_spec(spec(space="alice/app"))


def test_flavors():
    flavors = flavors_of(8, 16_000)
    assert [(flavor.name, flavor.cpus, flavor.memory_mb) for flavor in flavors] == [
        ("cpu-basic", 4, 8000),
        ("cpu-upgrade", 8, 16_000),
    ]
    assert [flavor.cpus for flavor in flavors_of(1, 1000)] == [1, 1]
    assert find_flavor(flavors, "cpu-upgrade").cpus == 8
    with pytest.raises(InvalidInput, match="a100-large"):
        find_flavor(flavors, "a100-large")


def test_stages():
    assert Stage.parse("running") is Stage.RUNNING
    assert [stage.value for stage in Stage if not stage.is_terminal] == ["SCHEDULING", "RUNNING"]
    with pytest.raises(InvalidInput):
        Stage.parse("DONE")
