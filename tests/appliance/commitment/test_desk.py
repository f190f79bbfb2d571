"""What callers ask, also when it makes no sense: answered, and the association goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.commitment.desk import refusal
from appliance.commitment.model import PUSH_MODEL, PUSH_MODEL_INSTANCE, Reference, Request
from appliance.commitment.wire import write_request
from appliance.dicom import dimse, statuses
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.negotiation import IMPLICIT_LITTLE_ENDIAN
from tests.appliance.commitment.house import CT, ask, asked, calling, house, request

IMPLICIT = IMPLICIT_LITTLE_ENDIAN


def _command(instance: str, action: int, *, has_data: bool = True) -> dimse.Command:
    values: dict[Element, int | str] = {
        Element.REQUESTED_SOP_INSTANCE_UID: instance,
        Element.ACTION_TYPE_ID: action,
    }
    return dimse.decode(dimse.message(Operation.N_ACTION, values, has_data=has_data))


def test_only_the_known_action_on_the_known_instance() -> None:
    assert refusal(_command(PUSH_MODEL_INSTANCE, 1)) is None
    for command, status in (
        (_command("1.2.3", 1), statuses.NO_SUCH_INSTANCE),
        (_command(PUSH_MODEL_INSTANCE, 2), statuses.NO_SUCH_ACTION),
        (_command(PUSH_MODEL_INSTANCE, 1, has_data=False), statuses.MISTYPED_ARGUMENT),
    ):
        answer = refusal(command)
        assert answer is not None
        assert answer.status == status


async def test_rubbish_is_answered_in_words(tmp_path: Path, empty_database: Path) -> None:
    empty = Request("2.25.5", ())
    nameless = Request("", (Reference(CT, "1.2"),))
    wild = Request("2.25.6", (Reference(CT, "1.2/../3"),))
    async with house(tmp_path / "a", empty_database) as arca, calling(arca.port) as association:
        for data in (
            b"\1",
            b"\xff" * 500,
            b"\x08\x00\x99\x11\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff" * 40,
            *(write_request(one, IMPLICIT) for one in (empty, nameless, wild)),
        ):
            answer = await ask(association, data)
            assert answer.status == statuses.INVALID_ARGUMENT
            assert answer.comment
        assert (await ask(association, b"", action=7)).status == statuses.NO_SUCH_ACTION
        assert (await ask(association, None)).status == statuses.MISTYPED_ARGUMENT
        stray = await association.ask_once(
            PUSH_MODEL,
            Operation.N_EVENT_REPORT,
            {Element.EVENT_TYPE_ID: 1},
            write_request(request("2.25.9", "1.2"), IMPLICIT),
        )
        assert stray.answer.status == statuses.INVALID_ARGUMENT
        assert await arca.transactions() == []


@pytest.mark.parametrize("count", [10_000])
async def test_a_long_list(tmp_path: Path, empty_database: Path, count: int) -> None:
    names = [f"1.2.826.0.1.3680043.8.498.{number}" for number in range(count)]
    async with house(tmp_path / "a", empty_database) as arca:
        await arca.keep("1.2.1")
        [report] = await asked(arca.port, request("2.25.1", "1.2.1", *names), seconds=10.0)
        assert (len(report.stored), len(report.failed)) == (1, count)
