"""The rigs themselves, tried on programs whose behaviour is known."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import wire
from tests.system.appliance import free_port
from tests.system.disks import Namespace, Small
from tests.system.images import BUNDLED, ct, files, part10, read
from tests.system.patience import until
from tests.system.peers import Orthanc, Scripted, StoreScp, echoscu, storescu
from tests.system.sender import Orders, Sender
from tests.system.strace import Injection, NotAllowed

_SYNC_ON_DEMAND = """
import os, sys
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
for line in sys.stdin:
    try:
        os.fsync(file)
        print(0, flush=True)
    except OSError as error:
        print(error.errno, flush=True)
"""


def test_the_raw_sender_and_the_receivers_agree_on_every_byte(tmp_path: Path) -> None:
    images = [image for _, image in files(BUNDLED)][:60]
    wanted = {image.digest for image in images}
    with Scripted() as sink, StoreScp(tmp_path / "scp", "--fork") as scp:
        assert wire.store(sink.port, images) == [0] * len(images)
        assert sink.digests() == wanted
        simple = [ct(number) for number in range(1, 6)]
        assert wire.store(scp.port, simple) == [0] * 5
        assert scp.digests() == {image.digest for image in simple}


def test_programs_of_others_understand_the_derived_objects(tmp_path: Path) -> None:
    image = ct(1)
    path = tmp_path / "ct.dcm"
    path.write_bytes(part10(image))
    assert read(path) == image
    with Scripted() as sink, Orthanc(tmp_path / "orthanc", sink.port) as orthanc:
        assert echoscu(sink.port).returncode == 0
        assert storescu(sink.port, [path]).returncode == 0
        orthanc.upload(image)
        assert orthanc.content(orthanc.instances()[0]) == image.content
        assert orthanc.send("arca")["FailedInstancesCount"] == 0
        assert [one.calling_ae_title for one in sink.received] == ["STORESCU", "ORTHANC"]
        assert sink.digests() == {image.digest}


def test_the_sender_logs_what_was_acknowledged_and_nothing_else(tmp_path: Path) -> None:
    first = ct(1, source=1, study=0, pixels=64).sop_instance_uid

    def answer(name: str) -> int:
        return 0xA700 if name == first and not sink.received else 0

    with Scripted(lambda image: answer(image.sop_instance_uid)) as sink:
        orders = Orders(sink.port, tmp_path / "log", associations=2, limit=30, source=1, pixels=64)
        with Sender(orders) as sender:
            sender.wait(60)
        assert {ack.digest for ack in sender.acks()} == sink.digests()
        assert len(sender.acks()) == 60


def test_a_small_disk_fills_and_empties(namespace: Namespace, tmp_path: Path) -> None:
    disk = Small(namespace, tmp_path / "small", 16 << 20)
    disk.load(64 << 20)
    with pytest.raises(OSError, match=str(errno.ENOSPC)):
        (disk.outside / "more").write_bytes(bytes(1 << 20))
    disk.unload()
    assert disk.free() > 15 << 20
    assert not any(disk.folder.iterdir()), "the mount is seen by nobody else"


def test_an_injection_fails_syncs_and_ends(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SYNC_ON_DEMAND, str(tmp_path / "file")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin
        assert process.stdout

        def sync() -> int:
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n")
            return int(process.stdout.readline())

        assert sync() == 0
        try:
            with Injection(process.pid):
                assert [sync(), sync()] == [errno.EIO, errno.EIO]
        except NotAllowed as error:
            process.kill()
            pytest.skip(f"this machine does not allow tracing: {error}")
        assert sync() == 0
        process.stdin.close()


def test_a_receiver_that_comes_and_goes_costs_no_acknowledgement(tmp_path: Path) -> None:
    port = free_port()
    with Sender(Orders(port, tmp_path / "log", source=2, pixels=64)) as sender:
        for times in range(1, 4):
            with StoreScp(tmp_path / "scp", "--fork", port=port) as scp:
                sender.reach(50 * times)
        acks = {ack.digest for ack in sender.acks()}
    until(lambda: acks <= scp.digests(), 10, "everything acknowledged is there")
