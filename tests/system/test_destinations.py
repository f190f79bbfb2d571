"""Destinations that are down, slow, silent, abrupt or unwilling: nothing gets lost."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.system import wire
from tests.system.appliance import Appliance, free_port
from tests.system.images import Image, ct
from tests.system.patience import until
from tests.system.peers import Scripted, StoreScp

COUNT = 10
_studies = count(1)


class Study:
    """A study of its own for each test, and the nodes that only it is routed to."""

    def __init__(self, arca: Appliance) -> None:
        self.arca, self._number = arca, next(_studies)
        self.images = [
            ct(each, source=20, study=self._number, pixels=8192) for each in range(1, COUNT + 1)
        ]
        self.digests = {image.digest for image in self.images}
        self.first = self.images[0].sop_instance_uid

    def route(self, node: str, port: int) -> None:
        when = f'StudyInstanceUID == "{self.images[0].study_uid}"'
        self.arca.route(self.named(node), port, when=when)

    def named(self, node: str) -> str:
        return f"{node}{self._number}"

    def store(self) -> None:
        assert wire.store(self.arca.port, self.images) == [0] * COUNT

    def jobs(self, node: str) -> list[dict[str, Any]]:
        return self.arca.queue(self.named(node))

    def sent(self, node: str) -> int:
        return sum(job["sent"] for job in self.jobs(node))

    def tried(self, node: str) -> dict[str, Any]:
        """The first transfer to a node once it has failed."""

        def failed() -> list[dict[str, Any]]:
            return [job for job in self.jobs(node) if job["last_error"]]

        return until(failed, 90, f"a failure at {node} in the queue")[0]

    def set_aside(self, node: str) -> bool:
        """Whether its transfers ended with something set aside; else they are pushed on."""
        if {job["state"] for job in self.jobs(node)} == {"partly"}:
            return True
        self.arca.ask("queue", "retry", "--all")
        return False

    def send(self, node: str) -> dict[str, Any]:
        job: dict[str, Any] = self.arca.ask("send", self.images[0].study_uid, self.named(node))
        return job

    def comes_to(self, sink: Scripted | StoreScp) -> None:
        until(lambda: sink.digests() >= self.digests, 90, "everything at the destination")

    def arrives(self, node: str, sink: Scripted | StoreScp) -> None:
        """Everything comes through once somebody pushes it."""
        self.arca.ask("queue", "retry", "--all")
        self.comes_to(sink)
        until(lambda: self.sent(node) == COUNT, 60, "the queue knows it")


@pytest.fixture
def study(shared_arca: Appliance) -> Study:
    return Study(shared_arca)


def test_a_destination_that_is_down(study: Study, tmp_path: Path) -> None:
    port = free_port()
    study.route("down", port)
    study.store()
    job = study.tried("down")
    assert (job["sent"], bool(job["next_try"]), job["attempts"] > 0) == (0, True, True)
    with StoreScp(tmp_path / "scp", port=port) as scp:
        study.arrives("down", scp)


def test_a_slow_destination_holds_up_no_other(study: Study) -> None:
    going = threading.Event()

    def slow(image: Image) -> int:
        going.wait(60)
        return 0

    with Scripted(slow) as slowly, Scripted() as quickly:
        study.route("slow", slowly.port)
        study.route("quick", quickly.port)
        study.store()
        study.comes_to(quickly)
        assert slowly.digests() == set()
        going.set()
        study.comes_to(slowly)


def test_a_black_hole_holds_up_no_other(study: Study) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hole, Scripted() as quickly:
        port = hole.getsockname()[1]
        study.route("hole", port)
        study.route("quick", quickly.port)
        study.store()
        study.comes_to(quickly)
        assert study.sent("hole") == 0
    study.tried("hole")
    with Scripted(port=port) as found:
        study.arrives("hole", found)


@pytest.mark.parametrize("switch", ["--sleep-after", "--sleep-during"])
def test_a_destination_that_takes_its_time(study: Study, tmp_path: Path, switch: str) -> None:
    few = study.images[:2]
    with StoreScp(tmp_path / "scp", switch, "1") as scp:
        study.route("slow", scp.port)
        assert wire.store(study.arca.port, few) == [0, 0]
        until(lambda: study.sent("slow") == 2, 60, "both sent")
        assert scp.digests() == {image.digest for image in few}
        assert [job["attempts"] for job in study.jobs("slow")] == [1]


@pytest.mark.parametrize("switch", ["--abort-after", "--abort-during", "--refuse"])
def test_a_destination_that_breaks_off(study: Study, tmp_path: Path, switch: str) -> None:
    port = free_port()
    with StoreScp(tmp_path / "bad", switch, port=port):
        study.route("abrupt", port)
        study.store()
        job = study.tried("abrupt")
        assert job["sent"] == 0
    with StoreScp(tmp_path / "good", port=port) as good:
        study.arrives("abrupt", good)


# Every class of answer


@pytest.mark.parametrize("status", [0x0000, 0x0111, 0xB000, 0xB006, 0xB007])
def test_answers_that_mean_it_is_there(study: Study, status: int) -> None:
    with Scripted(lambda image: status) as sink:
        study.route("sink", sink.port)
        study.store()
        until(lambda: study.sent("sink") == COUNT, 60, "all counted as sent")
        assert len(sink.received) == COUNT


@pytest.mark.parametrize("status", [0xA700, 0xA701, 0x0213])
def test_answers_that_mean_try_again(study: Study, status: int) -> None:
    full = threading.Event()
    full.set()
    with Scripted(lambda image: status if full.is_set() else 0) as sink:
        study.route("sink", sink.port)
        study.store()
        job = study.tried("sink")
        assert job["next_try"]
        assert f"{status:04X}" in job["last_error"].upper()
        full.clear()
        study.arrives("sink", sink)


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0xC123, 0x0110, 0x0117, 0x0122, 0x0124])
def test_answers_that_mean_this_one_never(study: Study, status: int) -> None:
    def answer(image: Image) -> int:
        return status if image.sop_instance_uid == study.first else 0

    with Scripted(answer) as sink:
        study.route("sink", sink.port)
        study.store()
        until(lambda: study.sent("sink") == COUNT - 1, 60, "the rest went on")
        study.tried("sink")
        until(lambda: study.set_aside("sink"), 60, "one set aside")
        tries = Counter(one.image.sop_instance_uid for one in sink.received)
        assert tries[study.first] <= 3
        assert {count for name, count in tries.items() if name != study.first} == {1}


def test_a_transfer_syntax_the_destination_does_not_take(study: Study) -> None:
    with Scripted(syntaxes=["1.2.840.10008.1.2.4.70"]) as sink:
        study.route("sink", sink.port)
        study.store()
        job = study.tried("sink")
        assert job["sent"] == 0
        assert sink.received == []


# Restarts


@pytest.mark.parametrize("gently", [False, True])
def test_a_restart_in_the_middle_of_a_transfer(study: Study, gently: bool) -> None:
    gate, reached = threading.Event(), threading.Event()

    def answer(image: Image) -> int:
        if len(sink.received) >= 5 and not gate.is_set():
            reached.set()
            gate.wait(60)
        return 0

    with Scripted(answer) as sink:
        study.route("sink", sink.port)
        study.store()
        assert reached.wait(60)
        if gently:
            assert study.arca.stop() == 0
        else:
            study.arca.kill()
        gate.set()
        study.arca.start()
        study.arrives("sink", sink)
        assert all(job["sent"] == job["instances"] for job in study.jobs("sink"))


def test_a_paused_destination_stays_paused(study: Study) -> None:
    with Scripted() as sink:
        study.route("sink", sink.port)
        study.arca.ask("queue", "pause", study.named("sink"))
        study.store()
        study.arca.kill()
        study.arca.start()
        until(lambda: study.jobs("sink"), 30, "a transfer")
        assert sink.received == []
        study.arca.ask("queue", "resume", study.named("sink"))
        study.comes_to(sink)


def test_a_study_is_sent_again_on_demand(study: Study) -> None:
    with Scripted() as sink:
        study.route("X", sink.port)
        study.store()
        until(lambda: study.sent("X") == COUNT, 60, "all sent once")
        assert study.send("X")["instances"] == COUNT
        sink.reach(2 * COUNT)
        assert len(sink.received) == 2 * COUNT
