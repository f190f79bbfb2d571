"""Answers and the book-keeping beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from appliance.intake.desk import Desk
from appliance.intake.model import Identity, Refusal
from appliance.journal.service import Journal

IDENTITY = Identity("1.2.840.1", "1.2.3", "1.2", {"source": "CT1"})


async def test_a_refusal_says_why_to_everybody(
    desk: Desk, journal: Journal, count: Callable[[str], float]
) -> None:
    answer = desk.refused(IDENTITY, Refusal(0xA900, "why", (0x00080018,)), None)
    assert (answer.status, answer.comment, answer.offending_element) == (
        0xA900,
        "why",
        (0x00080018,),
    )
    [event] = await journal.latest()
    assert event.text == "An object was refused with A900: why"
    assert event.details == {"source": "CT1", "status": "A900"}
    assert count("mismatch") == 1


async def test_the_quarantined_file_is_named_by_us(desk: Desk, journal: Journal) -> None:
    aside = desk.begin_quarantine()
    desk.refused(IDENTITY, Refusal(0xC000, "why"), aside.path)
    [event] = await journal.latest()
    assert event.details["quarantine"] == aside.path.name
    assert aside.path.suffix == ".dcm"
    assert aside.path != desk.begin_quarantine().path


async def test_full_disks_count_as_refused(desk: Desk, count: Callable[[str], float]) -> None:
    desk.refused(IDENTITY, Refusal(0xA700, "full"), Path("x"))
    desk.broke_off()
    assert (count("refused"), count("broken")) == (1, 1)
