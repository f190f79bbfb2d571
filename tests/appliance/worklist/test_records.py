"""The tables know each other by room."""

from __future__ import annotations

from appliance.worklist import records


def test_every_table_bears_the_name_of_its_room() -> None:
    rows = [records.ItemRow, records.PerformedRow, records.PerformedStudyRow, records.CopyRow]
    assert all(row._meta.db_table.startswith("worklist_") for row in rows)
