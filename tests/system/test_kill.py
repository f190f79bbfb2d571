"""kill -9 at random moments while eight associations store: nothing acknowledged is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.system import wire
from tests.system.appliance import Appliance, free_port
from tests.system.crash import (
    UP_AGAIN,
    assert_forwarded,
    assert_nothing_lost,
    assert_sound,
)
from tests.system.images import ct
from tests.system.patience import pause
from tests.system.peers import StoreScp
from tests.system.sender import Ack, Orders, Sender


def _kills(arca: Appliance, sender: Sender, kills: int, acks: int, chance: random.Random) -> int:
    """Kill it so many times, `acks` acknowledgements or more in all; how many there were."""
    for number in range(1, kills + 1):
        wanted = acks * number // kills + chance.randrange(20)
        sender.reach(wanted)
        pause(chance.uniform(0, 0.1))
        assert sender.running()
        arca.kill()
        assert arca.start() < UP_AGAIN
    return len(sender.acks())


def _prove(folder: Path, kills: int, acks: int) -> None:
    chance, port = random.Random(20), free_port()
    with Appliance(folder / "arca") as arca:
        arca.start()
        arca.route("later", port)
        orders = Orders(arca.port, folder / "acks", source=1, pixels=8192)
        with Sender(orders) as sender:
            assert _kills(arca, sender, kills, acks, chance) >= acks
        assert_nothing_lost(arca, sender.acks())
        with StoreScp(folder / "sink", "--fork", port=port) as sink:
            assert_forwarded(arca, sender.acks(), sink)
        assert_sound(arca)


def test_ten_kills(tmp_path: Path) -> None:
    _prove(tmp_path, 10, 1_000)


def test_three_stops_under_load(tmp_path: Path) -> None:
    with Appliance(tmp_path / "arca") as arca:
        arca.start()
        with Sender(Orders(arca.port, tmp_path / "acks", source=2, pixels=8192)) as sender:
            for times in range(1, 4):
                sender.reach(100 * times)
                assert arca.run("verify").returncode == 0, "beside eight senders"
                assert arca.stop() == 0
                assert arca.start() < UP_AGAIN
        assert {answer.status >> 8 for answer in sender.answers()} <= {0, 0xA7}
        assert_nothing_lost(arca, sender.acks())
        assert_sound(arca)


@pytest.mark.long
def test_two_hundred_kills_and_twenty_thousand_acknowledgements(tmp_path: Path) -> None:
    _prove(tmp_path, 220, 22_000)


def test_the_oracle_misses_a_single_changed_byte_and_a_single_file(arca: Appliance) -> None:
    images = [ct(number, source=70, pixels=64) for number in range(1, 4)]
    assert wire.store(arca.port, images) == [0, 0, 0]
    acks = [Ack(0, one.sop_instance_uid, one.digest, one.study_uid) for one in images]
    assert_nothing_lost(arca, acks)
    changed, gone, _ = arca.objects()
    content = bytearray(changed.read_bytes())
    content[-1] ^= 1
    changed.chmod(0o600)
    changed.write_bytes(content)
    with pytest.raises(AssertionError, match="1 of 3"):
        assert_nothing_lost(arca, acks)
    gone.unlink()
    with pytest.raises(AssertionError, match="2 of 3"):
        assert_nothing_lost(arca, acks)
