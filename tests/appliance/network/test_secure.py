"""Associations over TLS: with ourselves, with those who do not speak it, and with dcmtk."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from pydicom.data import get_testdata_file
from trio.testing import MockClock

from appliance.certificates import making
from appliance.certificates.cabinet import Cabinet
from appliance.errors import ConfigError
from appliance.meter import Meter
from appliance.network.errors import AssociationFailed
from appliance.network.listener import listen
from appliance.network.requestor import associate
from appliance.network.secure import Credentials, Security
from appliance.network.services import Services
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT, VERIFICATION
from tests.appliance.network.caller import Caller
from tests.appliance.network.peer import outgoing
from tests.appliance.network.reception import SETTINGS, Reception, Rooms

_CONTEXTS = [(CT, (EXPLICIT,)), (VERIFICATION, (EXPLICIT,))]
_TLS = replace(SETTINGS, secure_port=0, patience=0.02)


@pytest.fixture
def cabinet(tmp_path: Path) -> Cabinet:
    made = Cabinet(tmp_path / "tls")
    made.ensure("Arca", ["localhost", "127.0.0.1"])
    return made


@asynccontextmanager
async def _receiving(security: Security) -> AsyncIterator[Reception]:
    rooms, meter = Rooms(), Meter()
    services = Services(rooms.admit, rooms.store, rooms.ended)

    async def run(*, task_status: trio.TaskStatus[list[tuple[str, int]]]) -> None:
        await listen(_TLS, services, meter, security=security, task_status=task_status)

    async with trio.open_nursery() as nursery:
        addresses = await nursery.start(run)
        assert len(addresses) == 2
        yield Reception(rooms, addresses[-1][1], meter, nursery.cancel_scope)
        nursery.cancel_scope.cancel()


def _remote(port: int, security: Security | None, host: str = "127.0.0.1") -> Remote:
    return Remote("ARCA", host, port, "SENDER", security=security)


def _device(cabinet: Cabinet, name: str = "CT1") -> Credentials:
    issued = cabinet.issue(name, ["127.0.0.1"])
    return Credentials(issued, issued.with_suffix(".key"), cabinet.credentials.authorities)


@pytest.mark.parametrize("size", [4, 1 << 22])
async def test_objects_go_over_tls_both_ways(cabinet: Cabinet, size: int) -> None:
    security = Security(cabinet.credentials)
    async with _receiving(security) as reception:
        async with associate(_remote(reception.port, security), _CONTEXTS) as association:
            assert await association.echo() == 0
            for _ in range(2):
                assert (await association.store(outgoing(bytes(size), b"ab"))).status == 0
        assert reception.rooms.stored == [bytes(size) + b"ab"] * 2
        report = await reception.rooms.report()
        assert (report.outcome, report.objects) == ("released", 2)


async def test_who_shows_no_certificate_is_told_so(cabinet: Cabinet) -> None:
    async with _receiving(Security(cabinet.credentials)) as reception:
        context = ssl.create_default_context(cafile=str(cabinet.authority_file))
        stream = await trio.open_ssl_over_tcp_stream(
            "localhost", reception.port, ssl_context=context
        )
        with pytest.raises((trio.BrokenResourceError, trio.ClosedResourceError)):  # noqa: PT012
            await stream.send_all(b"\1")
            while await stream.receive_some():
                pass
            raise trio.BrokenResourceError
        await trio.aclose_forcefully(stream)
        report = await reception.rooms.report()
        assert report.outcome == "refused"
        assert "showed no certificate" in report.diagnosis


async def test_plain_dicom_on_the_tls_port_is_told_so(cabinet: Cabinet) -> None:
    async with _receiving(Security(cabinet.credentials)) as reception:
        with pytest.raises(AssociationFailed):
            async with associate(_remote(reception.port, None), _CONTEXTS):
                pass
        assert "without TLS" in (await reception.rooms.report()).diagnosis


async def test_a_caller_nobody_vouches_for_stays_outside(cabinet: Cabinet, tmp_path: Path) -> None:
    other = Cabinet(tmp_path / "other")
    other.ensure("Stranger", ["127.0.0.1"])
    stranger = replace(other.credentials, authorities=cabinet.credentials.authorities)
    async with _receiving(Security(cabinet.credentials)) as reception:
        with pytest.raises(AssociationFailed):
            async with associate(_remote(reception.port, Security(stranger)), _CONTEXTS):
                pass
        assert "not trusted here" in (await reception.rooms.report()).diagnosis


async def test_whom_we_do_not_believe_we_do_not_talk_to(cabinet: Cabinet, tmp_path: Path) -> None:
    other = Cabinet(tmp_path / "other")
    other.ensure("Stranger", ["127.0.0.1"])
    async with _receiving(Security(other.credentials)) as reception:
        with pytest.raises(AssociationFailed, match="certificate trust FILE") as raised:
            async with associate(_remote(reception.port, Security(cabinet.credentials)), _CONTEXTS):
                pass
        assert raised.value.kind == "tls"


async def test_the_host_must_be_the_one_in_the_certificate(cabinet: Cabinet) -> None:
    cabinet.renew("Arca", ["elsewhere.clinic"])
    strict, lax = Security(cabinet.credentials), Security(cabinet.credentials, verify_host=False)
    async with _receiving(strict) as reception:
        with pytest.raises(AssociationFailed, match=r"tls\.verify_host"):
            async with associate(_remote(reception.port, strict), _CONTEXTS):
                pass
        async with associate(_remote(reception.port, lax), _CONTEXTS) as association:
            assert await association.echo() == 0


async def test_a_callee_without_tls_is_told_so(cabinet: Cabinet) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"\7\0\0\0\0\4\0\0\0\0")

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        port = listeners[0].socket.getsockname()[1]
        with pytest.raises(AssociationFailed, match="does not speak TLS"):
            async with associate(_remote(port, Security(cabinet.credentials)), _CONTEXTS):
                pass
        nursery.cancel_scope.cancel()


async def test_a_silent_caller_is_not_waited_for(
    cabinet: Cabinet, autojump_clock: MockClock
) -> None:
    async with _receiving(Security(cabinet.credentials)) as reception:
        async with await Caller.connect(reception.port) as caller:
            assert await caller.end() == b""
        report = await reception.rooms.report()
        assert (report.outcome, trio.current_time() >= 10) == ("refused", True)


async def test_old_protocols_are_refused(cabinet: Cabinet) -> None:
    async with _receiving(Security(cabinet.credentials, mutual=False)) as reception:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.minimum_version = ssl.TLSVersion.TLSv1
        stream = await trio.open_ssl_over_tcp_stream(
            "localhost", reception.port, ssl_context=context
        )
        with pytest.raises(trio.BrokenResourceError):
            await stream.do_handshake()
        await trio.aclose_forcefully(stream)
        assert "TLS 1.2 or later" in (await reception.rooms.report()).diagnosis


async def test_new_files_count_at_once(cabinet: Cabinet, tmp_path: Path) -> None:
    security = Security(cabinet.credentials)
    before = security.server()
    assert security.server() is before
    cabinet.renew("Arca", ["localhost"])
    assert security.server() is not before
    cabinet.credentials.key.write_bytes(b"rubbish")
    with pytest.raises(ConfigError, match="certificate list"):
        security.client()


@pytest.mark.skipif(not shutil.which("storescu"), reason="DCMTK IS NOT INSTALLED")
@pytest.mark.parametrize("old", [False, True])
async def test_dcmtk_sends_over_tls(cabinet: Cabinet, old: bool) -> None:
    issued = cabinet.issue("CT1", ["127.0.0.1"], for_old_devices=old)
    file = get_testdata_file("CT_small.dcm")
    async with _receiving(Security(cabinet.credentials)) as reception:
        words = ["storescu", "+tls", str(issued.with_suffix(".key")), str(issued)]
        words += ["+cf", str(cabinet.authority_file), "-aec", "ARCA"]
        words += ["localhost", str(reception.port), str(file)]
        done = await trio.run_process(words, capture_stderr=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(reception.rooms.stored) == 1


@pytest.mark.skipif(not shutil.which("storescp"), reason="DCMTK IS NOT INSTALLED")
async def test_dcmtk_receives_over_tls(cabinet: Cabinet, tmp_path: Path) -> None:
    device, port = _device(cabinet), _free_port()
    words = ["storescp", "+tls", str(device.key), str(device.certificate)]
    words += ["+cf", str(device.authorities), "-od", str(tmp_path), str(port)]
    security = Security(cabinet.credentials)
    async with trio.open_nursery() as nursery:
        process = await nursery.start(trio.run_process, words)
        await _until_listening(port)
        async with associate(_remote(port, security), _CONTEXTS) as association:
            assert await association.echo() == 0
        process.terminate()
        nursery.cancel_scope.cancel()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_listening(port: int) -> None:
    for _ in range(200):
        try:
            stream = await trio.open_tcp_stream("127.0.0.1", port)
        except OSError:
            await trio.sleep(0.05)
        else:
            await stream.aclose()
            return
    raise AssertionError(subprocess.list2cmdline(["storescp", str(port)]))


def test_an_authority_of_the_clinic_can_vouch_for_both(cabinet: Cabinet, tmp_path: Path) -> None:
    clinic = making.make_authority("Clinic", cabinet._now())
    file = tmp_path / "clinic.pem"
    file.write_bytes(clinic.certificate)
    cabinet.trust("clinic", file)
    assert Security(cabinet.credentials).client().get_ca_certs()[-1]["subject"] == (
        (("commonName", "Clinic"),),
    )
