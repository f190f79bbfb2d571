"""kill -9 at random moments while eight associations store: nothing acknowledged is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.system.appliance import Appliance, free_port
from tests.system.crash import (
    UP_AGAIN,
    assert_forwarded,
    assert_nothing_lost,
    assert_sound,
)
from tests.system.patience import pause
from tests.system.peers import StoreScp
from tests.system.sender import Orders, Sender


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


@pytest.mark.long
def test_two_hundred_kills_and_twenty_thousand_acknowledgements(tmp_path: Path) -> None:
    _prove(tmp_path, 220, 22_000)
