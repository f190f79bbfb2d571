"""Disks that fail or fill up, and objects that meet at the same instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system import wire
from tests.system.appliance import Appliance, Settings
from tests.system.crash import assert_nothing_lost, assert_sound
from tests.system.disks import Namespace, Small
from tests.system.images import Image, altered, ct
from tests.system.patience import until
from tests.system.peers import Scripted
from tests.system.sender import Orders, Sender
from tests.system.strace import Injection, NotAllowed

_MIB = 1 << 20


def out_of_resources(status: int) -> bool:
    return 0xA700 <= status <= 0xA7FF


def _alarmed(arca: Appliance) -> None:
    def alarms() -> list[object]:
        return [event for event in arca.ask("events") if event["severity"] == "alarm"]

    until(alarms, 30, "an alarm")


# The disk fails


def _injection(arca: Appliance, when: str = "1+", paths: Sequence[Path] = ()) -> Injection:
    try:
        return Injection(arca.pid, when=when, paths=paths)
    except NotAllowed as error:
        pytest.skip(f"this machine does not allow tracing: {error}")


def test_nothing_is_acknowledged_between_a_failed_fsync_and_a_restart(arca: Appliance) -> None:
    before = [ct(number, source=1) for number in range(1, 11)]
    during = [ct(number, source=2) for number in range(1, 6)]
    after = [ct(number, source=3) for number in range(1, 6)]
    assert wire.store(arca.port, before) == [0] * 10
    with _injection(arca):
        statuses = wire.store(arca.port, during)
        assert all(map(out_of_resources, statuses)), statuses
    # The disk is well again, but the kernel may have thrown away what it could not write.
    statuses = wire.store(arca.port, after)
    assert all(map(out_of_resources, statuses)), statuses
    _alarmed(arca)
    arca.kill()
    arca.start()
    assert wire.store(arca.port, during + after) == [0] * 10
    assert arca.holds(before + during + after)
    assert arca.settled(20)
    assert_sound(arca)


def test_reception_does_not_depend_on_the_index(arca: Appliance) -> None:
    indexes = [path for path in arca.home.rglob("*.sqlite*") if path.is_file()]
    assert indexes
    during = [ct(number, source=4) for number in range(1, 31)]
    with _injection(arca, paths=indexes):
        assert wire.store(arca.port, during[:20]) == [0] * 20
        until(lambda: not arca.healthy(), 30, "the fault shown")
        assert wire.store(arca.port, during[20:]) == [0] * 10
    assert sum(arca.settled(30).values()) == 30, "it goes on by itself"
    assert_sound(arca)


def _prove_one_failure(arca: Appliance, folder: Path, nth: int) -> None:
    """The n-th sync of each thread fails once while eight associations store."""
    with Sender(Orders(arca.port, folder / f"acks{nth}", source=nth, pixels=2048)) as sender:
        sender.reach(50)
        with _injection(arca, when=str(nth)):
            until(lambda: _refused(sender), 60, "an answer other than 0000")
        settled = [len(sender.answers())]
        until(lambda: len(sender.answers()) > settled[0] + 100, 60, "more answers")
        late = sender.answers()[settled[0] + 50 :]
        assert all(out_of_resources(ack.status) for ack in late)
        arca.kill()
        arca.start()
        sender.reach(len(sender.acks()) + 50)
    assert_nothing_lost(arca, sender.acks())


def _refused(sender: Sender) -> bool:
    return any(ack.status for ack in sender.answers())


def test_one_failed_fsync_stops_the_store(arca: Appliance, tmp_path: Path) -> None:
    _prove_one_failure(arca, tmp_path, 2)
    assert_sound(arca)


@pytest.mark.long
def test_a_failure_at_every_position(arca: Appliance, tmp_path: Path) -> None:
    for nth in range(1, 31):
        _prove_one_failure(arca, tmp_path, nth)
    assert_sound(arca)


# The disk is full


@pytest.fixture
def small(namespace: Namespace, tmp_path: Path) -> Small:
    disk = Small(namespace, tmp_path / "small", 64 * _MIB)
    disk.load(20 * _MIB)
    return disk


@pytest.fixture
def cramped(small: Small, namespace: Namespace, tmp_path: Path) -> Iterator[Appliance]:
    """An appliance on a disk of 64 MiB, 20 of them taken."""
    settings: Settings = {
        "appliance": {"home": str(small.folder / "data")},
        "storage": {"low_watermark": 10 * _MIB, "reserve": 2 * _MIB},
    }
    arca = Appliance(tmp_path / "arca", settings, prefix=namespace.prefix, store=small.outside)
    with arca:
        arca.start()
        yield arca


def _fill(arca: Appliance) -> list[Image]:
    """Store until it is refused; what was acknowledged."""
    taken: list[Image] = []
    with wire.Association(arca.port, wire.contexts_of([ct(1)])) as association:
        for number in range(1, 5000):
            image = ct(number, source=9)
            if status := association.store(image):
                assert out_of_resources(status), hex(status)
                return taken
            taken.append(image)
    raise AssertionError("it never said that it is full")


def _accepts(arca: Appliance, image: Image) -> bool:
    return wire.store(arca.port, [image]) == [0]


def test_a_full_disk_refuses_in_time_and_recovers(cramped: Appliance, small: Small) -> None:
    with Scripted() as sink:
        cramped.route("sink", sink.port)
        taken = _fill(cramped)
        assert small.free() > 6 * _MIB, "it went on below its watermark"
        assert len(taken) > 100
        assert cramped.settled(len(taken))
        assert cramped.get("/healthz")[0] < 600
        until(lambda: {one.digest for one in taken} <= sink.digests(), 90, "all forwarded")
    small.unload()
    more = ct(1, source=10)
    until(lambda: _accepts(cramped, more), 10, "accepted again")
    assert cramped.holds([*taken, more])
    assert cramped.settled(len(taken) + 1)
    assert_sound(cramped)


def test_a_disk_that_others_filled_to_the_last_byte(cramped: Appliance, small: Small) -> None:
    before = [ct(number, source=11) for number in range(1, 21)]
    assert wire.store(cramped.port, before) == [0] * 20
    cramped.settled(20)
    small.load(64 * _MIB)
    assert small.free() < _MIB
    refused = wire.store(cramped.port, [ct(number, source=12) for number in range(1, 6)])
    assert all(map(out_of_resources, refused)), refused
    assert sum(cramped.indexed().values()) == 20
    small.unload()
    more = ct(1, source=13)
    until(lambda: _accepts(cramped, more), 10, "accepted again")
    assert cramped.holds([*before, more])
    assert cramped.settled(21)
    assert_sound(cramped)


# The same instant


def _at_once(arca: Appliance, images: Sequence[Image]) -> list[int]:
    """Send all but the last PDU of each on an association of its own, then the last ones."""
    with ExitStack() as stack:
        rests = []
        for image in images:
            association = wire.Association(arca.port, wire.contexts_of([image]))
            stack.enter_context(association)
            *most, last = association.request(image)
            association.send(b"".join(most))
            rests.append((association, last))
        for association, last in rests:
            association.send(last)
        return [association.finish(b"") for association, _ in rests]


def test_identical_objects_at_the_same_instant_are_kept_once(arca: Appliance) -> None:
    images = [ct(number, source=14) for number in range(1, 5) for _ in range(4)]
    assert _at_once(arca, images) == [0] * 16
    assert wire.store(arca.port, images[:5]) == [0] * 5
    kept = arca.kept()
    assert [kept[image.digest] for image in images] == [1] * 16
    assert sum(arca.settled(4).values()) == 4


def test_conflicting_objects_at_the_same_instant_are_all_kept(arca: Appliance) -> None:
    image = ct(1, source=15)
    images = [image, *(altered(image, seed) for seed in range(1, 8))]
    assert len({one.digest for one in images}) == 8
    assert _at_once(arca, images) == [0] * 8
    assert arca.holds(images)
    _alarmed(arca)
    assert_sound(arca)
