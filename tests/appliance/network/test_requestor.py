from __future__ import annotations

import pytest
import trio

from appliance.meter import Meter
from appliance.network.errors import AssociationFailed
from appliance.network.requestor import VERIFICATION, associate
from appliance.network.services import AssociationReport, Verdict
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT
from tests.appliance.network.peer import outgoing
from tests.appliance.network.reception import Reception, receiving

_CONTEXTS = [(CT, (EXPLICIT,)), VERIFICATION]
_FIND = ("1.2.840.10008.5.1.4.1.2.2.1", (EXPLICIT,))


def _remote(reception: Reception) -> Remote:
    return Remote("ARCA", "127.0.0.1", reception.port, "SENDER")


async def test_our_two_sides_understand_each_other() -> None:
    reports = list[AssociationReport]()
    chunks = [bytes((number,)) * 100_000 for number in range(40)]
    async with receiving() as reception:
        remote = _remote(reception)
        async with associate(remote, _CONTEXTS, ended=reports.append) as association:
            assert await association.echo() == 0
            assert (await association.store(outgoing(b"abcd"))).status == 0
            assert (await association.store(outgoing(*chunks))).status == 0
        assert reception.rooms.stored == [b"abcd", b"".join(chunks)]
        incoming = await reception.rooms.report()
    [report] = reports
    assert (report.outcome, report.direction, report.diagnosis) == ("released", "out", "")
    assert (report.objects, report.bytes) == (incoming.objects, incoming.bytes) == (2, 4_000_004)
    assert (report.peer, report.called_ae_title) == ("127.0.0.1", "ARCA")


async def test_a_failure_is_raised_reported_and_counted() -> None:
    reports, meter = list[AssociationReport](), Meter()
    async with receiving() as reception:
        reception.rooms.verdict = Verdict(False, "unknown", 1, 1, 3)
        with pytest.raises(AssociationFailed, match='Register "SENDER"') as raised:
            async with associate(_remote(reception), _CONTEXTS, meter=meter, ended=reports.append):
                pytest.fail("it must not come about")
    assert raised.value.kind == "rejected_permanent"
    assert (reports[0].outcome, reports[0].diagnosis) == ("rejected", str(raised.value))
    counted = meter.exposition().decode()
    assert 'arca_associations_total{direction="out",outcome="rejected"} 1.0' in counted


async def test_nothing_in_common_names_it_and_releases() -> None:
    async with receiving() as reception:
        with pytest.raises(AssociationFailed, match="Study Root") as raised:
            async with associate(_remote(reception), [_FIND]):
                pytest.fail("it must not come about")
        assert raised.value.kind == "no_context"
        assert (await reception.rooms.report()).outcome == "released"


async def test_a_fault_in_the_block_aborts_and_passes_through() -> None:
    reports = list[AssociationReport]()
    async with receiving() as reception:
        with pytest.raises(ZeroDivisionError):
            async with associate(_remote(reception), _CONTEXTS, ended=reports.append):
                raise ZeroDivisionError
        assert (await reception.rooms.report()).outcome == "aborted"
    assert reports[0].outcome == "aborted"


async def test_a_cancelled_block_aborts() -> None:
    async with receiving() as reception:
        with trio.CancelScope() as scope:
            async with associate(_remote(reception), _CONTEXTS):
                scope.cancel()
                await trio.sleep_forever()
        assert (await reception.rooms.report()).outcome == "aborted"


async def test_more_contexts_than_fit_are_our_own_mistake() -> None:
    async with receiving() as reception:
        with pytest.raises(ValueError, match="128"):
            async with associate(_remote(reception), _CONTEXTS * 70):
                pytest.fail("it must not come about")
