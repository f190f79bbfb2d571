"""The worklist as people fill it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.errors import BadRequest, UnknownName
from appliance.worklist.attributes import dataset_of
from tests.appliance.worklist.schedule import JANE, YAMADA, Surroundings

BARE = replace(
    JANE, study_instance_uid="", requested_procedure_id="", step_id="", accession_number=""
)


async def test_an_item_by_hand_gets_what_it_must_have(around: Surroundings) -> None:
    added = await around.worklist.add(BARE)
    item = added.entry.item
    assert item.study_instance_uid.startswith("2.25.")
    assert item.step_id == item.requested_procedure_id != ""
    assert (added.entry.source, added.warnings) == ("by hand", ())
    other = (await around.worklist.add(BARE)).entry.item
    assert other.study_instance_uid != item.study_instance_uid


async def test_an_accession_number_that_is_used_is_told(around: Surroundings) -> None:
    await around.worklist.add(JANE)
    added = await around.worklist.add(replace(JANE, step_id="S9"))
    assert added.warnings == ("accession number A1 is used by 1 other items",)
    with pytest.raises(BadRequest, match="has a step S1 already"):
        await around.worklist.add(JANE)
    with pytest.raises(BadRequest, match="sex 'X'"):
        await around.worklist.add(replace(YAMADA, sex="X"))


async def test_items_are_found_shown_and_removed(around: Surroundings) -> None:
    number = (await around.worklist.add(YAMADA)).entry.number
    assert [one.number for one in await around.worklist.find("山田")] == [number]
    assert await around.worklist.find("nobody") == []
    assert (await around.worklist.entry(number)).item == YAMADA
    await around.worklist.remove(number)
    with pytest.raises(UnknownName, match="arca worklist list"):
        await around.worklist.remove(number)


async def test_files_are_taken_in(around: Surroundings, tmp_path: Path) -> None:
    lines = [dataset_of(one).to_json() for one in (JANE, YAMADA)]
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.jsonl").write_text("\n".join([*lines, "nonsense"]))
    kept = await around.worklist.import_path(folder)
    assert (kept.added, len(kept.problems)) == (2, 1)
    assert (await around.worklist.import_path(folder)).unchanged == 2


async def test_what_is_past_is_forgotten(around: Surroundings) -> None:
    await around.worklist.add(JANE)
    assert await around.worklist.trim() == 0
    around.now += timedelta(days=40)
    assert await around.worklist.trim() == 1
