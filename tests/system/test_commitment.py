"""Storage commitment with pynetdicom and Orthanc on the other side, in both directions."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import trio
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import StorageCommitmentPushModel

from tests.appliance.commitment.house import House, house
from tests.appliance.running import make_database
from tests.system import wire
from tests.system.appliance import Appliance, free_port
from tests.system.images import Image, ct
from tests.system.patience import until
from tests.system.peers import Orthanc

_MODALITY = ("--ae", "MODALITY", "--host", "127.0.0.1")
_INSTANCE = "1.2.840.10008.1.20.1.1"


def _wish(uid: str, *images: Image) -> Dataset:
    wish = Dataset()
    wish.TransactionUID = uid
    wish.ReferencedSOPSequence = Sequence([_named(one) for one in images])
    return wish


def _named(image: Image) -> Dataset:
    named = Dataset()
    named.ReferencedSOPClassUID = image.sop_class_uid
    named.ReferencedSOPInstanceUID = image.sop_instance_uid
    return named


class Ear:
    """Keeps the event reports that pynetdicom got, by the association they came over."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, Dataset]] = []
        self.heard = threading.Event()
        self.handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, self._take)]

    def _take(self, event: Any) -> tuple[int, Dataset | None]:
        self.reports.append((event.event_type, event.event_information))
        self.heard.set()
        return 0, None


def _ask(port: int, ear: Ear, wish: Dataset, seconds: float) -> None:
    entity = AE(ae_title="MODALITY")
    entity.add_requested_context(StorageCommitmentPushModel)
    link = entity.associate("127.0.0.1", port, ae_title="ARCA", evt_handlers=ear.handlers)
    assert link.is_established
    status, _ = link.send_n_action(wish, 1, StorageCommitmentPushModel, _INSTANCE)
    assert status.Status == 0
    if seconds:
        ear.heard.wait(seconds)
    link.release()


@pytest.fixture(scope="module")
def images(shared_arca: Appliance) -> list[Image]:
    made = [ct(number, source=30, study=1, pixels=8192) for number in (1, 2, 3)]
    assert wire.store(shared_arca.port, made[:2]) == [0, 0]
    shared_arca.ask("node", "add", "modality", *_MODALITY, "--port", "1")
    return made


def test_pynetdicom_waits_for_its_report(shared_arca: Appliance, images: list[Image]) -> None:
    ear = Ear()
    _ask(shared_arca.port, ear, _wish("2.25.101", *images), 10.0)
    [(event_type, report)] = ear.reports
    assert (event_type, len(report.ReferencedSOPSequence)) == (2, 2)
    [failed] = report.FailedSOPSequence
    assert failed.ReferencedSOPInstanceUID == images[2].sop_instance_uid
    assert failed.FailureReason == 0x0112


def test_pynetdicom_is_called_with_its_report_after_a_kill(tmp_path: Path) -> None:
    """Killed after it had taken the request, and started again: the report still comes."""
    ear, port = Ear(), free_port()
    words = [*_MODALITY, "--port", str(port)]
    image = ct(1, source=32, study=1, pixels=8192)
    with Appliance(tmp_path / "arca", {"commitment": {"same_association_seconds": 0.0}}) as arca:
        arca.start()
        assert wire.store(arca.port, [image]) == [0]
        arca.ask("node", "add", "modality", *words)
        _ask(arca.port, ear, _wish("2.25.102", image), 0)
        arca.kill()
        arca.start()
        entity = AE(ae_title="MODALITY")
        entity.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
        server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=ear.handlers)
        try:
            arca.ask("node", "remove", "modality")
            arca.ask("node", "add", "modality", *words)
            assert ear.heard.wait(20)
        finally:
            server.shutdown()
        rows = arca.ask("commitment")
        assert [(row["peer"], row["instances"]) for row in rows] == [("MODALITY", 1)]
    [(event_type, report)] = ear.reports
    assert (event_type, report.TransactionUID) == (1, "2.25.102")


def test_orthanc_asks_and_promises(tmp_path: Path) -> None:
    with Appliance(tmp_path / "arca") as arca:
        arca.start()
        with Orthanc(tmp_path / "orthanc", arca.port) as orthanc:
            words = ["--ae", "ORTHANC", "--host", "127.0.0.1", "--port", str(orthanc.port)]
            arca.ask("node", "add", "orthanc", *words, "--commitment")
            image = ct(1, source=31, study=1, pixels=8192)
            orthanc.upload(image)
            orthanc.send("arca")
            asked = {"Resources": orthanc.instances()}
            body = json.dumps(asked).encode()
            job = orthanc.ask("/modalities/arca/storage-commitment", body)["Path"]
            report = until(
                lambda: (said := orthanc.ask(job))["Status"] != "Pending" and said, 60, "its report"
            )
            assert (report["Status"], len(report["Success"])) == ("Success", 1)
            until(lambda: arca.ask("studies"), 60, "the study")
            arca.ask("send", image.study_uid, "orthanc")
            until(lambda: arca.queue("orthanc")[0]["verified"] == 1, 60, "what Orthanc promises")
            rows = arca.ask("commitment")
            assert {row["direction"]: row["peer"] for row in rows} == {
                "in": "ORTHANC",
                "out": "orthanc",
            }


class Promises:
    """A pynetdicom archive that promises what it is asked to, one way or the other."""

    def __init__(self, later: int | None) -> None:
        """`later`: the port it calls with its report; None: the same association."""
        self._later = later
        entity = AE(ae_title="PACS")
        entity.add_supported_context(StorageCommitmentPushModel)
        entity.add_supported_context("1.2.840.10008.5.1.4.1.1.2")
        handlers: list[Any] = [
            (evt.EVT_N_ACTION, self._asked),
            (evt.EVT_C_STORE, lambda event: 0),
        ]
        self.port = free_port()
        self._server = entity.start_server(
            ("127.0.0.1", self.port), block=False, evt_handlers=handlers
        )

    def _asked(self, event: Any) -> tuple[int, None]:
        wish, link = event.action_information, event.assoc
        threading.Thread(target=self._report, args=(wish, link), daemon=True).start()
        return 0, None

    def _report(self, wish: Dataset, link: Any) -> None:
        if self._later is None:
            link.send_n_event_report(wish, 1, StorageCommitmentPushModel, _INSTANCE)
            return
        entity = AE(ae_title="PACS")
        entity.add_requested_context(StorageCommitmentPushModel)
        role = build_role(StorageCommitmentPushModel, scp_role=True)
        own = entity.associate("127.0.0.1", self._later, ae_title="ARCA", ext_neg=[role])
        own.send_n_event_report(wish, 1, StorageCommitmentPushModel, _INSTANCE)
        own.release()

    def stop(self) -> None:
        self._server.shutdown()


async def _sent_and_verified(arca: House, port: int, title: str) -> None:
    await arca.add(title, port, commitment=True)
    await arca.keep("1.2.1", "1.2.2")
    digests = [arca.rooms.volume.find(one)[0].sha256 for one in ("1.2.1", "1.2.2")]
    transfer = await arca.rooms.transfers.send("1.2.3", title, digests)
    await arca.until("answered")
    assert (await arca.rooms.transfers.transfer(transfer.id)).verified == 2


@pytest.mark.parametrize("later", [False, True])
async def test_pynetdicom_promises(tmp_path: Path, later: bool) -> None:
    database = tmp_path / "empty.sqlite"
    await trio.to_thread.run_sync(make_database, database)
    async with house(tmp_path / "a", database, same_association=2.0) as arca:
        pacs = Promises(arca.port if later else None)
        try:
            await _sent_and_verified(arca, pacs.port, "PACS")
        finally:
            await trio.to_thread.run_sync(pacs.stop)


async def test_orthanc_promises(tmp_path: Path) -> None:
    database = tmp_path / "empty.sqlite"
    await trio.to_thread.run_sync(make_database, database)
    async with house(tmp_path / "a", database, same_association=2.0) as arca:
        orthanc = await trio.to_thread.run_sync(Orthanc, tmp_path / "orthanc", arca.port)
        try:
            await _sent_and_verified(arca, orthanc.port, "ORTHANC")
        finally:
            await trio.to_thread.run_sync(orthanc.stop)
