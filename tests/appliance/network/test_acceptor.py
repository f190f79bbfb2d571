from __future__ import annotations

import logging
import time

import pytest

from appliance.dicom import pdu
from appliance.dicom.dimse import Element
from appliance.dicom.items import ProposedContext
from appliance.dicom.pdu import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    ReleaseReply,
    ReleaseRequest,
)
from appliance.network.services import Answer, Verdict
from appliance.network.settings import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from tests.appliance.dicom.playbook import CT, EXPLICIT, REQUEST, USER, echo, store
from tests.appliance.network.caller import Caller
from tests.appliance.network.reception import receiving

_RELEASE = pdu.encode(ReleaseRequest())


async def test_a_caller_is_introduced_answered_and_reported() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        answer = await caller.associate()
        assert isinstance(answer, AssociateAccept)
        assert (answer.called_ae_title, answer.calling_ae_title) == ("STORE", "SENDER")
        assert [context.result for context in answer.contexts] == [0, 0]
        assert answer.user.maximum_length == 256 << 10
        assert answer.user.implementation_class_uid == IMPLEMENTATION_CLASS_UID
        assert answer.user.implementation_version_name == IMPLEMENTATION_VERSION_NAME
        await caller.send(echo())
        assert await caller.status() == 0
        await caller.send(store(b"abc"))
        assert await caller.status() == 0
        await caller.send(_RELEASE)
        assert await caller.control() == ReleaseReply()
        assert await caller.end() == b""
        [introduced] = reception.rooms.callers
        assert (introduced.calling_ae_title, introduced.host) == ("SENDER", "127.0.0.1")
        assert introduced.implementation == "TEST"
        assert introduced.proposed[0] == (CT, (EXPLICIT,))
        report = await reception.rooms.report()
        assert (report.outcome, report.diagnosis) == ("released", "")
        assert (report.objects, report.bytes, report.direction) == (1, 3, "in")


async def test_a_verdict_is_given_as_it_is() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        reception.rooms.verdict = Verdict(False, "this address is unknown", 1, 1, 3)
        assert await caller.associate() == AssociateReject(1, 1, 3)
        report = await reception.rooms.report()
        assert report.outcome == "rejected"
        assert "SENDER at 127.0.0.1 was rejected: this address is unknown" in report.diagnosis


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (AssociateRequest("A", "B", (), USER, "1.2"), AssociateReject(1, 1, 2)),
        (AssociateRequest("A", "B", (), USER, protocol_version=2), AssociateReject(1, 2, 2)),
    ],
)
async def test_another_dicom_is_rejected_without_asking(
    request_: AssociateRequest, refusal: AssociateReject
) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        assert await caller.associate(request_) == refusal
        assert not reception.rooms.callers


async def test_nothing_in_common_is_named() -> None:
    find = "1.2.840.10008.5.1.4.1.2.2.1"
    request = AssociateRequest("A", "B", (ProposedContext(1, find, (EXPLICIT,)),), USER)
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate(request)
        await caller.send(_RELEASE)
        await caller.control()
        report = await reception.rooms.report()
        assert report.outcome == "released"
        assert "Study Root Query/Retrieve Information Model - FIND" in report.diagnosis


async def test_a_limited_caller_that_aborts_is_told_why() -> None:
    find = "1.2.840.10008.5.1.4.1.2.2.1"
    request = AssociateRequest("A", "B", (ProposedContext(1, find, (EXPLICIT,)),), USER)
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate(request)
        await caller.send(pdu.encode(Abort(0, 0)))
        report = await reception.rooms.report()
        assert report.outcome == "aborted"
        assert "offered here to it" in report.diagnosis


async def test_the_sinks_answer_reaches_the_peer() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        reception.rooms.answer = Answer(0xA700, "The disk is nearly full", (0x00080018,))
        await caller.associate()
        await caller.send(store(b"abc", message_id=9))
        answer = await caller.answer()
        assert answer.number(Element.STATUS) == 0xA700
        assert answer.number(Element.MESSAGE_ID_BEING_RESPONDED_TO) == 9
        assert answer.name(Element.ERROR_COMMENT) == "The disk is nearly full"
        assert answer.elements[Element.OFFENDING_ELEMENT] == bytes.fromhex("08001800")


async def test_an_abort_is_reported_in_words() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(pdu.encode(Abort(0, 0)))
        report = await reception.rooms.report()
        assert report.outcome == "aborted"
        assert "by decision of its application" in report.diagnosis


async def test_a_connection_that_breaks_in_an_object_leaves_nothing() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(store(bytes(10_000))[:-1])
        await caller.stream.aclose()
        report = await reception.rooms.report()
        assert report.outcome == "broken"
        assert (reception.rooms.stored, len(reception.rooms.discarded)) == ([], 1)


async def test_a_fault_of_ours_ends_one_association_only(caplog: pytest.LogCaptureFixture) -> None:
    async with receiving() as reception:
        reception.rooms.fault = ZeroDivisionError("ours")
        async with await Caller.connect(reception.port) as caller:
            assert await caller.associate() == Abort(2, 0)
            assert await caller.end() == b""
        report = await reception.rooms.report()
        assert (report.outcome, "Arca itself failed" in report.diagnosis) == ("aborted", True)
        reception.rooms.fault = None
        async with await Caller.connect(reception.port) as caller:
            assert isinstance(await caller.associate(), AssociateAccept)
    assert "ZeroDivisionError" in caplog.text


async def test_a_report_that_cannot_be_taken_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with receiving() as reception:
        reception.rooms.late_fault = ZeroDivisionError("ours")
        for _ in range(2):
            async with await Caller.connect(reception.port) as caller:
                await caller.associate()
                await caller.send(_RELEASE)
                assert await caller.control() == ReleaseReply()
        await reception.rooms.until(lambda: len(reception.rooms.reports) == 2)
    assert "was lost" in caplog.text


async def test_what_is_open_and_what_happened_is_counted() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        gauge = reception.meter.open_associations
        await caller.associate(REQUEST)
        assert [s.value for m in gauge.collect() for s in m.samples] == [1]
        await caller.send(store(b"abc"))
        await caller.status()
        await caller.send(_RELEASE)
        await caller.control()
        await reception.rooms.report()
        assert [s.value for m in gauge.collect() for s in m.samples] == [0]
        outcomes = reception.meter.exposition().decode()
        assert 'arca_associations_total{direction="in",outcome="released"} 1.0' in outcomes
        assert "arca_receive_answer_seconds_count 1.0" in outcomes


async def test_log_lines_name_no_patient(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(store(b"DOE^JOHN"))
        await caller.status()
        await caller.send(_RELEASE)
        await caller.control()
        await reception.rooms.report()
    assert "association with SENDER at 127.0.0.1: released, 1 objects, 8 bytes" in caplog.text
    assert "DOE" not in caplog.text


async def test_a_node_holds_no_more_than_it_may() -> None:
    async with receiving() as reception:
        reception.rooms.verdict = Verdict(True, node="CT1", most=1)
        async with (
            await Caller.connect(reception.port) as first,
            await Caller.connect(reception.port) as second,
        ):
            assert isinstance(await first.associate(), AssociateAccept)
            assert await second.associate() == AssociateReject(2, 3, 2)
            report = await reception.rooms.report()
            assert "1 associations of node CT1 are open" in report.diagnosis


async def test_a_fast_caller_waits_and_is_told_why() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        reception.rooms.verdict = Verdict(True, node="CT1", rate=100_000)
        await caller.associate()
        began = time.monotonic()
        await caller.send(store(bytes(140_000)))
        assert await caller.status() == 0
        await caller.send(_RELEASE)
        await caller.control()
        assert time.monotonic() - began > 1
        report = await reception.rooms.report()
        assert (report.outcome, report.objects) == ("released", 1)
        assert "was made to wait 1 s in all: its node is allowed 100000 bytes" in report.diagnosis
