"""Which worklists are copied on a schedule: values, and units of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.database.schema import transaction
from appliance.worklist.records import CopyRow


@dataclass(frozen=True, slots=True)
class Copy:
    """The worklist of a node, and how the last attempt went."""

    node: str
    every_seconds: float
    days: int = 1  # today and so many more
    last_at: datetime | None = None  # when it was last copied whole
    items: int = 0  # that it had then
    note: str = ""  # why the last attempt failed; "" when it did not

    def due(self, tried: datetime | None, now: datetime) -> bool:
        """Whether it is time again; `tried` is when it was last attempted.

        A clock that was set back must not hold it up.
        """
        since = tried or self.last_at
        pause = timedelta(seconds=self.every_seconds)
        return since is None or now < since or now - since >= pause


async def listed() -> list[Copy]:
    """By node."""
    return [_copy(row) for row in await CopyRow.all().order_by("node")]


async def keep(copy: Copy) -> None:
    values = {name: getattr(copy, name) for name in Copy.__slots__ if name != "node"}
    async with transaction():
        await CopyRow.update_or_create(values, node=copy.node)


async def remove(node: str) -> bool:
    async with transaction():
        return bool(await CopyRow.filter(node=node).delete())


def _copy(row: CopyRow) -> Copy:
    return Copy(row.node, row.every_seconds, row.days, row.last_at, row.items, row.note)
