"""How transfers stand, in one word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appliance.transfers.classify import Class
from appliance.transfers.model import (
    ItemState,
    Leased,
    Result,
    Stage,
    Standing,
    State,
    settled,
    shown,
)

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ITEM = Leased(1, 1, "a")


@pytest.mark.parametrize(
    ("numbers", "stage"),
    [
        ((3, 0, 0, 0), Stage.OPEN),
        ((3, 2, 0, 0), Stage.OPEN),
        ((3, 3, 0, 0), Stage.DONE),
        ((3, 2, 1, 0), Stage.PARTLY),
        ((3, 0, 3, 0), Stage.FAILED),
        ((3, 0, 0, 3), Stage.CANCELLED),
        ((3, 1, 0, 2), Stage.DONE),
        ((3, 0, 1, 2), Stage.FAILED),
    ],
)
def test_settled(numbers: tuple[int, int, int, int], stage: Stage) -> None:
    assert settled(*numbers) is stage


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (Standing("x"), State.WAITING),
        (Standing("x", paused=True, parked="why"), State.PAUSED),
        (Standing("x", parked="why", next_try=NOW), State.PARKED),
        (Standing("x", next_try=NOW), State.BACKING_OFF),
    ],
)
def test_an_open_transfer_stands_as_its_destination(standing: Standing, state: State) -> None:
    assert shown(Stage.OPEN, standing, running=False, put_off=False) is state
    assert shown(Stage.OPEN, standing, running=True, put_off=False) is State.RUNNING
    assert shown(Stage.DONE, standing, running=False, put_off=False) is State.DONE


def test_put_off_items_make_a_transfer_back_off() -> None:
    assert shown(Stage.OPEN, Standing("x"), running=False, put_off=True) is State.BACKING_OFF
    paused = Standing("x", paused=True)
    assert shown(Stage.OPEN, paused, running=False, put_off=True) is State.PAUSED


def test_what_a_result_makes_of_an_item() -> None:
    assert Result(ITEM, Class.SUCCESS, NOW).state is ItemState.SENT
    assert Result(ITEM, Class.DUPLICATE, NOW, words="has it").state is ItemState.SENT
    assert not Result(ITEM, Class.DUPLICATE, NOW, words="has it").failed
    assert Result(ITEM, Class.TRANSIENT, NOW, next_try=NOW).state is ItemState.WAITING
    assert Result(ITEM, Class.DATA, NOW, words="bad").state is ItemState.SET_ASIDE
    assert Result(ITEM, Class.DATA, NOW, words="bad").failed
