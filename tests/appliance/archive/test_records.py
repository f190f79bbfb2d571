"""The tables carry the indexes that queries need, and hold what the index must hold."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.archive import records
from appliance.database.door import Database
from appliance.database.schema import writer


async def _indexed_columns(table: str) -> set[str]:
    connection = writer()
    if connection.capabilities.dialect == "sqlite":
        _, found = await connection.execute_query(f'PRAGMA index_list("{table}")')
        columns = set()
        for index in found:
            _, parts = await connection.execute_query(f'PRAGMA index_info("{index["name"]}")')
            columns.add(parts[0]["name"])
        return columns
    statement = f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}'"
    _, rows = await connection.execute_query(statement)
    return {_first_column(row["indexdef"]) for row in rows}


def _first_column(definition: Any) -> str:
    return str(definition).split("(")[1].split(",")[0].strip(')" ')


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (records.PatientRow, {"patient_id", "name_folded"}),
        (
            records.StudyRow,
            {"study_uid", "person_id", "study_date", "accession_number", "complete", "last_at"},
        ),
        (records.SeriesRow, {"study_id", "series_uid", "modality"}),
        (records.InstanceRow, {"sha256", "sop_instance_uid", "series_id"}),
    ],
)
async def test_what_is_searched_is_indexed(database: Database, row: Any, columns: set[str]) -> None:
    assert columns <= await database.run(_indexed_columns, row._meta.db_table)
