"""Units of work around the cursor and the end of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from appliance.archive.indexing import AddOrders
from appliance.archive.model import Study
from appliance.archive.records import CursorRow, StudyRow
from appliance.database.schema import transaction


async def cursor(unit: str, last: int) -> tuple[int, int]:
    """How far a unit's ledger is indexed, and up to which line nothing is routed again.

    An index that has never seen this unit counts everything up to `last` as routed: a box
    whose database was lost must not send its whole archive once more.
    """
    async with transaction():
        row, _ = await CursorRow.get_or_create(
            defaults={"sequence": 0, "silent_to": last}, unit=unit
        )
    return row.sequence, row.silent_to


async def complete(
    study: Study, planned_to: int, orders: Sequence[Any], add_orders: AddOrders | None
) -> bool:
    """Mark a study complete and order what its rules want; False when something came meanwhile."""
    async with transaction():
        quiet = StudyRow.filter(study_uid=study.study_uid, last_at=study.last_at, complete=False)
        if not await quiet.update(complete=True, planned_to=planned_to):
            return False
        if orders and add_orders:
            await add_orders(orders)
        return True
