"""Starting, running whatever fails behind the listener, and stopping."""

from __future__ import annotations

import json
import logging
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from appliance.assembly import serve
from appliance.config import Config
from appliance.dicom.pdu import AssociateAccept, AssociateReject, Kind
from appliance.premises import open_store
from appliance.process import Process
from appliance.rooms import furnished
from tests.appliance.dicom import playbook
from tests.appliance.network.caller import Caller
from tests.appliance.running import Operator, configured, picture, send, serving, spoil, until

_REQUEST = replace(playbook.REQUEST, called_ae_title="ARCA")
# Large enough that its beginning is in a file of the store before its end was sent.
_LARGE = picture("1.2.3", Rows=1024, Columns=1024, PixelData=bytes(2 << 20))
_SENT = playbook.store(_LARGE.content)


@asynccontextmanager
async def _in_flight(config: Config) -> AsyncIterator[tuple[Caller, int]]:
    """A caller of whose object one half has arrived, when SIGTERM has come."""
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, config)
        async with await Caller.connect(port) as caller:
            assert isinstance(await caller.associate(_REQUEST), AssociateAccept)
            await caller.send(_SENT[: len(_SENT) // 2])
            await until(lambda: _has_begun(config))
            signal.raise_signal(signal.SIGTERM)
            await until(lambda: _is_deaf(port))
            yield caller, port


async def _has_begun(config: Config) -> bool:
    return any((config.storage.path / "incoming").iterdir())


async def _is_deaf(port: int) -> bool:
    try:
        await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
    except OSError:
        return True
    return False


async def test_an_object_on_its_way_still_arrives(config: Config) -> None:
    with trio.fail_after(20):
        async with _in_flight(config) as (caller, _):
            await caller.send(_SENT[len(_SENT) // 2 :])
            assert await caller.status() == 0
    with open_store(config) as volume:
        [entry] = volume.find("1.2.3")
        assert volume.open(entry.sha256).range(entry.header, entry.size) == _LARGE.content


async def test_an_object_that_does_not_arrive_is_not_acknowledged(config: Config) -> None:
    with trio.fail_after(20):
        async with _in_flight(config) as (caller, _):
            await caller.stream.aclose()
    with open_store(config) as volume:
        assert (volume.find("1.2.3"), volume.last()) == ((), 1)
    assert not await _has_begun(config)


async def test_an_idle_association_is_ended_at_once(config: Config) -> None:
    with trio.fail_after(9):  # well before the grace is over
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve, config)
            async with await Caller.connect(port) as caller:
                await caller.associate(_REQUEST)
                signal.raise_signal(signal.SIGTERM)
                assert (await caller.pdu())[0] == Kind.ABORT


async def test_a_second_signal_would_end_it_at_once(config: Config) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with trio.fail_after(20):
        async with _in_flight(config) as (caller, _):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
            await caller.stream.aclose()
    assert signal.getsignal(signal.SIGTERM) is before


async def test_everything_is_let_go_at_the_end(config: Config) -> None:
    for _ in range(3):
        async with serving(config) as port:
            assert config.control.socket.exists()
            assert await send(port, [picture("1.2.3.1")]) == [0]
        assert not config.control.socket.exists()
        assert await _is_deaf(port)
    with open_store(config) as volume:
        assert volume.last() == 2


# While it runs.


@asynccontextmanager
async def _portal(caplog: pytest.LogCaptureFixture) -> AsyncIterator[httpx.AsyncClient]:
    [told] = [one.getMessage() for one in caplog.records if "status page" in one.msg]
    address = f"https://127.0.0.1:{told.split()[-1]}"
    async with httpx.AsyncClient(verify=False, base_url=address) as client:
        yield client


async def test_the_portal_shows_it(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(config) as port, _portal(caplog) as portal:
        assert await send(port, [picture("1.2.3.1")]) == [0]
        page = await portal.get("/")
        assert (page.status_code, "All is well" in page.text) == (200, True)
        assert str(port) in page.text
        assert (await portal.get("/healthz")).json() == {"status": "ok", "failing": []}
        metrics = (await portal.get("/metrics")).text
        assert 'arca_objects_total{outcome="stored"} 1.0' in metrics
        assert (await portal.get("/studies")).status_code == 404
    assert "CompressedSamples" not in caplog.text
    assert "1CT1" not in caplog.text


async def test_a_broken_index_stops_no_reception_and_catches_up(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    operator = Operator(config)
    async with serving(config) as port, _portal(caplog) as portal:
        with _no_rows(config):
            assert await send(port, [picture("1.2.3.1"), picture("1.2.3.2")]) == [0, 0]
            await until(lambda: _is_ill(operator, "index"))
            health = await portal.get("/healthz")
            assert (health.status_code, health.json()["failing"]) == (503, ["index"])
            assert await send(port, [picture("1.2.3.3")]) == [0]
        await until(lambda: _has(operator, 3))
        [part] = [one for one in (await _status(operator))["parts"] if one["name"] == "index"]
        assert part["failure"].endswith("not now")
        assert part["restarts"] > 0
    assert "CompressedSamples" not in "".join(one.getMessage() for one in caplog.records)


async def test_reception_and_status_outlive_the_database(config: Config) -> None:
    operator = Operator(config)
    async with serving(config) as port:
        assert await send(port, [picture("1.2.3.1")]) == [0]
        await until(lambda: _has(operator, 1))
        path = config.appliance.home / "index.sqlite"
        await trio.to_thread.run_sync(spoil, path)
        answer = await operator.get("/status")
        assert not answer["well"]
        assert (answer["status"]["studies"], answer["status"]["port"]) == (None, port)
        assert "database" in [one["name"] for one in answer["status"]["parts"] if not one["well"]]
        assert await send(port, [picture("1.2.3.2")]) == [0]


@contextmanager
def _no_rows(config: Config) -> Iterator[None]:
    """The database refuses new rows of the index."""
    path = config.appliance.home / "index.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON archive_instance "
            "BEGIN SELECT RAISE(ABORT, 'not now'); END"
        )
        yield
        database.execute("DROP TRIGGER broken")


async def _status(operator: Operator) -> Any:
    return (await operator.get("/status"))["status"]


async def _is_ill(operator: Operator, name: str) -> bool:
    parts = (await _status(operator))["parts"]
    return name in [one["name"] for one in parts if not one["well"]]


async def _has(operator: Operator, instances: int) -> bool:
    return bool((await _status(operator))["instances"] == instances)


async def test_callers_are_admitted_as_configured(tmp_path: Path, empty_database: Path) -> None:
    dicom = {"unknown_callers": "hold", "max_associations_per_peer": 1, "ae_title": "BOX"}
    config = configured(tmp_path, empty_database, dicom=dicom)
    operator = Operator(config)
    request = replace(_REQUEST, called_ae_title="BOX")
    async with serving(config) as port:
        async with await Caller.connect(port) as caller:
            assert isinstance(await caller.associate(request), AssociateReject)
        [held] = await operator.get("/callers")
        assert held["calling_ae_title"] == "SENDER"
        await operator.post("/callers/admit", ae_title="SENDER", host=None, name=None)
        async with await Caller.connect(port) as caller, await Caller.connect(port) as other:
            assert isinstance(await caller.associate(request), AssociateAccept)
            assert isinstance(await other.associate(request), AssociateReject)
        [report, *_] = await operator.get("/associations", peer="SENDER")
        assert report["diagnosis"]


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    folder.mkdir()
    for number in range(20):
        picture(f"1.2.9.{number}", "1.2.9").save(folder / f"{number}.dcm")
    return folder


async def test_an_import_is_told_line_by_line(config: Config, medium: Path) -> None:
    operator = Operator(config)
    async with serving(config):
        lines = await operator.lines("/import", path=str(medium))
        assert [one["files"] for one in lines] == [*range(1, 21), 20]
        assert (lines[-1]["done"], lines[-1]["stored"], lines[-1]["error"]) == (True, 20, "")
        await until(lambda: _has(operator, 20))


async def test_an_import_whose_caller_goes_away_ends(
    config: Config, medium: Path, caplog: pytest.LogCaptureFixture
) -> None:
    operator, body = Operator(config), json.dumps({"path": str(medium)})
    request = f"POST /import HTTP/1.1\r\nHost: arca\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    async with serving(config):
        async with await trio.open_unix_socket(config.control.socket) as caller:
            await caller.send_all(request.encode())
            assert (await caller.receive_some()).startswith(b"HTTP/1.1 200")
        assert (await operator.lines("/import", path=str(medium)))[-1]["files"] == 20
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_it_starts_with_its_port_and_ends_with_its_scope(config: Config) -> None:
    async with furnished(config) as rooms:
        async with trio.open_nursery() as nursery:
            port = await nursery.start(lambda task_status: Process(rooms).run(task_status))
            assert await send(port, [picture("1.2.3.1")]) == [0]
            with trio.fail_after(20):
                await rooms.archive.until_indexed(2)
            nursery.cancel_scope.cancel()
        assert await rooms.archive.totals() == (1, 1)
        [report] = await rooms.nodes.reports("CT1")
        assert (report.outcome, report.objects) == ("released", 1)
