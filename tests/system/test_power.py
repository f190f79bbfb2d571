"""The power fails: what the disk had not received is gone, what was acknowledged is not."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.appliance import Appliance, free_port
from tests.system.crash import UP_AGAIN, assert_forwarded, assert_nothing_lost, assert_sound
from tests.system.disks import Impossible, Namespace, Powered
from tests.system.images import ROOT
from tests.system.patience import pause, until
from tests.system.peers import StoreScp
from tests.system.sender import Ack, Orders, Sender, read_log

_PIXELS = 4096


@pytest.fixture
def disk(namespace: Namespace, tmp_path: Path) -> Powered:
    try:
        return Powered(namespace, tmp_path / "power")
    except Impossible as error:
        pytest.skip(f"this machine does not allow it: {error}")


def _lost_by_control(namespace: Namespace, disk: Powered, log: Path, source: int) -> int:
    """Objects the control acknowledged before the cut and does not have after it."""
    words = [
        *namespace.prefix,
        "env",
        "-C",
        str(ROOT),
        sys.executable,
        "-m",
        "tests.system.control",
    ]
    log.touch()
    control = subprocess.Popen([*words, str(disk.folder), str(log), str(source)])
    try:
        until(lambda: len(read_log(log)) >= 500, 60, "500 acknowledgements of the control")
        acks = read_log(log)
        disk.cut()
    finally:
        control.kill()
        control.wait(10)
    disk.reboot()
    return sum(not (disk.outside / ack.digest).exists() for ack in acks)


def test_a_receiver_without_fsync_loses_what_it_acknowledged(
    namespace: Namespace, disk: Powered, tmp_path: Path
) -> None:
    lost = [_lost_by_control(namespace, disk, tmp_path / f"acks{n}", n) for n in range(1, 4)]
    assert all(lost), "the rig does not simulate a power cut"


def _cut(
    arca: Appliance, disk: Powered, log: Path, source: int, chance: random.Random
) -> list[Ack]:
    """Cut the power while eight associations store; what was acknowledged before the cut."""
    wanted = chance.randrange(50, 300)
    with Sender(Orders(arca.port, log, source=source, pixels=_PIXELS)) as sender:
        sender.reach(wanted)
        pause(chance.uniform(0, 0.1))
        acks = sender.acks()
        disk.cut()
        arca.kill()
    disk.reboot()
    return acks


def _prove(namespace: Namespace, disk: Powered, folder: Path, cuts: int) -> None:
    chance, acks, port = random.Random(30), list[Ack](), free_port()
    settings = {"appliance": {"home": str(disk.folder / "data")}}
    arca = Appliance(folder / "arca", settings, prefix=namespace.prefix, store=disk.outside)
    with arca:
        arca.start()
        arca.route("later", port)
        for number in range(1, cuts + 1):
            acks += _cut(arca, disk, folder / f"acks{number}", number, chance)
            assert arca.start() < UP_AGAIN
            assert_nothing_lost(arca, acks)
        with StoreScp(folder / "sink", "--fork", port=port) as sink:
            assert_forwarded(arca, acks, sink)
        assert_sound(arca)


def test_three_power_cuts(namespace: Namespace, disk: Powered, tmp_path: Path) -> None:
    _prove(namespace, disk, tmp_path, 3)


@pytest.mark.long
def test_a_hundred_power_cuts(namespace: Namespace, disk: Powered, tmp_path: Path) -> None:
    _prove(namespace, disk, tmp_path, 100)
