"""What the archive asks whoever routes: values in, orders out, opaque here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from appliance.archive.indexing import AddOrders
from appliance.archive.model import IndexedInstance, Study

Orders: TypeAlias = Sequence[Any]


def _no_instances(_: Sequence[IndexedInstance]) -> Orders:
    return ()


def _no_study(_: Study, __: Sequence[IndexedInstance]) -> Orders:
    return ()


def _nothing() -> None:
    return None


async def _no_orders(_: Orders) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Planning:
    """The hooks by which stored objects become orders.

    Both plans are pure and quick. A study is planned each time it becomes complete, with
    the instances that came since it was planned last.
    """

    instances: Callable[[Sequence[IndexedInstance]], Orders] = _no_instances
    study: Callable[[Study, Sequence[IndexedInstance]], Orders] = _no_study
    wants_studies: Callable[[], bool] = lambda: True  # False spares reading the headers again
    add_orders: AddOrders = _no_orders  # a unit of work, run inside the index's transaction
    ordered: Callable[[], None] = _nothing  # orders were committed
