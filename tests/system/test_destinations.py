"""Destinations that are down, slow, silent, abrupt or unwilling: nothing gets lost."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.system import wire
from tests.system.appliance import Appliance, free_port
from tests.system.images import Image, ct
from tests.system.patience import until
from tests.system.peers import Scripted, StoreScp

IMAGES = [ct(number, source=20) for number in range(1, 11)]
WANTED = {image.digest for image in IMAGES}


def _tried(arca: Appliance, node: str) -> dict[str, Any]:
    """The first transfer to a node once it has failed."""

    def failed() -> list[dict[str, Any]]:
        return [job for job in arca.queue(node) if job["last_error"]]

    return until(failed, 90, f"a failure at {node} in the queue")[0]


def _sent(arca: Appliance, node: str) -> int:
    return sum(job["sent"] for job in arca.queue(node))


def _arrives(arca: Appliance, node: str, sink: Scripted | StoreScp) -> None:
    """Everything comes through once somebody pushes it."""
    arca.ask("queue", "retry", "--all")
    until(lambda: sink.digests() >= WANTED, 90, "everything at the destination")
    until(lambda: _sent(arca, node) == len(IMAGES), 60, "the queue knows it")


def test_a_destination_that_is_down(arca: Appliance, tmp_path: Path) -> None:
    port = free_port()
    arca.route("down", port)
    assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
    job = _tried(arca, "down")
    assert (job["sent"], bool(job["next_try"]), job["attempts"] > 0) == (0, True, True)
    with StoreScp(tmp_path / "scp", port=port) as scp:
        _arrives(arca, "down", scp)


def test_a_slow_destination_holds_up_no_other(arca: Appliance) -> None:
    going = threading.Event()

    def slow(image: Image) -> int:
        going.wait(60)
        return 0

    with Scripted(slow) as slowly, Scripted() as quickly:
        arca.route("slow", slowly.port)
        arca.route("quick", quickly.port)
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        until(lambda: quickly.digests() >= WANTED, 60, "everything at the quick one")
        assert slowly.digests() == set()
        going.set()
        until(lambda: slowly.digests() >= WANTED, 60, "everything at the slow one")


def test_a_black_hole_holds_up_no_other(arca: Appliance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hole, Scripted() as quickly:
        port = hole.getsockname()[1]
        arca.route("hole", port)
        arca.route("quick", quickly.port)
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        until(lambda: quickly.digests() >= WANTED, 60, "everything at the quick one")
        assert _sent(arca, "hole") == 0
    _tried(arca, "hole")
    with Scripted(port=port) as found:
        _arrives(arca, "hole", found)


@pytest.mark.parametrize("switch", ["--abort-after", "--abort-during", "--refuse"])
def test_a_destination_that_breaks_off(arca: Appliance, tmp_path: Path, switch: str) -> None:
    port = free_port()
    with StoreScp(tmp_path / "bad", switch, port=port):
        arca.route("abrupt", port)
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        job = _tried(arca, "abrupt")
        assert job["sent"] == 0
    with StoreScp(tmp_path / "good", port=port) as good:
        _arrives(arca, "abrupt", good)


# Every class of answer

_FIRST = IMAGES[0].sop_instance_uid


@pytest.mark.parametrize("status", [0x0000, 0x0111, 0xB000, 0xB006, 0xB007])
def test_answers_that_mean_it_is_there(arca: Appliance, status: int) -> None:
    with Scripted(lambda image: status) as sink:
        arca.route("sink", sink.port)
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        until(lambda: _sent(arca, "sink") == len(IMAGES), 60, "all counted as sent")
        assert len(sink.received) == len(IMAGES)


@pytest.mark.parametrize("status", [0xA700, 0xA701, 0x0213])
def test_answers_that_mean_try_again(arca: Appliance, status: int) -> None:
    full = threading.Event()
    full.set()
    with Scripted(lambda image: status if full.is_set() else 0) as sink:
        arca.route("sink", sink.port)
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        job = _tried(arca, "sink")
        assert job["next_try"]
        assert f"{status:04X}" in job["last_error"].upper()
        full.clear()
        _arrives(arca, "sink", sink)


def _pushed(arca: Appliance) -> Any:
    """The status, after everything that waits for its next try was told not to."""
    now = arca.ask("status")
    if not now["set_aside"]:
        arca.ask("queue", "retry", "--all")
    return now


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0xC123, 0x0110, 0x0117, 0x0122, 0x0124])
def test_answers_that_mean_this_one_never(arca: Appliance, status: int) -> None:
    def answer(image: Image) -> int:
        return status if image.sop_instance_uid == _FIRST else 0

    with Scripted(answer) as sink:
        arca.route("sink", sink.port)
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        until(lambda: _sent(arca, "sink") == len(IMAGES) - 1, 60, "the rest went on")
        _tried(arca, "sink")
        until(lambda: _pushed(arca)["set_aside"] == 1, 60, "one set aside")
        tries = Counter(one.image.sop_instance_uid for one in sink.received)
        assert tries[_FIRST] <= 3
        assert {count for name, count in tries.items() if name != _FIRST} == {1}


def test_a_transfer_syntax_the_destination_does_not_take(arca: Appliance) -> None:
    with Scripted(syntaxes=["1.2.840.10008.1.2.4.70"]) as sink:
        arca.route("sink", sink.port)
        assert wire.store(arca.port, IMAGES[:1]) == [0]
        job = _tried(arca, "sink")
        assert job["sent"] == 0
        assert sink.received == []


# Restarts


@pytest.mark.parametrize("gently", [False, True])
def test_a_restart_in_the_middle_of_a_transfer(arca: Appliance, gently: bool) -> None:
    gate, reached = threading.Event(), threading.Event()

    def answer(image: Image) -> int:
        if len(sink.received) >= 5 and not gate.is_set():
            reached.set()
            gate.wait(60)
        return 0

    with Scripted(answer) as sink:
        arca.route("sink", sink.port)
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        assert reached.wait(60)
        if gently:
            assert arca.stop() == 0
        else:
            arca.kill()
        gate.set()
        arca.start()
        _arrives(arca, "sink", sink)
        assert all(job["sent"] == job["instances"] for job in arca.queue("sink"))


def test_a_paused_destination_stays_paused(arca: Appliance) -> None:
    with Scripted() as sink:
        arca.route("sink", sink.port)
        arca.ask("queue", "pause", "sink")
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        arca.kill()
        arca.start()
        arca.settled(len(IMAGES))
        assert arca.queue("sink")
        assert sink.received == []
        arca.ask("queue", "resume", "sink")
        until(lambda: sink.digests() >= WANTED, 60, "everything after the resume")


def test_a_study_is_sent_again_on_demand(arca: Appliance) -> None:
    with Scripted() as sink:
        arca.ask("node", "add", "X", "--ae", "X", "--host", "127.0.0.1", "--port", str(sink.port))
        assert wire.store(arca.port, IMAGES) == [0] * len(IMAGES)
        arca.settled(len(IMAGES))
        for count in (len(IMAGES), 2 * len(IMAGES)):
            job = arca.ask("send", IMAGES[0].study_uid, "X")
            assert job["instances"] == len(IMAGES)
            sink.reach(count)
        assert len(sink.received) == 2 * len(IMAGES)
