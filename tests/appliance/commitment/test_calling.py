from __future__ import annotations

from appliance.commitment.calling import Calls, report_values
from appliance.commitment.model import PUSH_MODEL_INSTANCE, Reference, Report
from appliance.commitment.wire import read_report
from appliance.dicom.dimse import Element, Operation
from appliance.network.services import AssociationReport, Dialogue, Provider
from appliance.nodes.model import Node
from tests.appliance.network.reception import receiving

PUSH_MODEL = "1.2.840.10008.1.20.1"


async def test_a_report_is_brought_by_the_provider() -> None:
    report = Report("2.25.1", (Reference("1.2", "1.3"),))
    heard: list[Report] = []
    ended: list[AssociationReport] = []

    async def take(dialogue: Dialogue) -> None:
        assert dialogue.command.number(Element.EVENT_TYPE_ID) == 1
        assert dialogue.command.name(Element.AFFECTED_SOP_INSTANCE_UID) == PUSH_MODEL_INSTANCE
        heard.append(read_report(dialogue.dataset, dialogue.context.transfer_syntax))
        await dialogue.answer(0)

    operations = frozenset({Operation.N_EVENT_REPORT})
    provider = Provider("commitment", frozenset({PUSH_MODEL}), operations, take, either_role=True)
    async with receiving(providers=[provider]) as reception:
        node = Node("ct1", "CT1", "127.0.0.1", reception.port)
        answer = await Calls("ARCA", ended.append).report(node, "OTHER", report)
    assert (answer.status, heard) == (0, [report])
    assert (ended[0].outcome, ended[0].calling_ae_title) == ("released", "OTHER")


def test_the_event_type_says_whether_anything_failed() -> None:
    failed = Report("2.25.1", (), ((Reference("1.2", "1.3"), 0x0112),))
    assert report_values(failed)[Element.EVENT_TYPE_ID] == 2
