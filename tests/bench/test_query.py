"""The index that the bench makes is one that the appliance searches."""

from __future__ import annotations

from pathlib import Path

from appliance.archive import search
from appliance.archive.criteria import Named, OneOf
from appliance.database.door import open_database
from appliance.dicom.text import folded
from tests.bench.query import Asked, make_index, name_of


async def test_a_made_index(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    await make_index(path, 50)
    async with open_database(f"sqlite:///{path}") as database:
        for criterion in (OneOf("patient_id", ("P000007",)), Named((folded(name_of(7)),))):
            rows = await database.read(search.matching, "STUDY", (criterion,), None, 9)
            assert 8 in rows
        assert len(await database.read(search.matching, "IMAGE", (), None, 999)) == 500


def test_a_row_says_whether_the_goal_was_reached() -> None:
    assert Asked("key", 50, 1, 49, 1).row()[-1] == "yes"
    assert Asked("key", 50, 1, 51, 1).row()[-1] == "NO"
