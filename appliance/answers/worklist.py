"""What is scheduled, and what modalities performed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.dicom.dataset import decode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.errors import BadRequest, UnknownName
from appliance.nodes.service import Nodes
from appliance.worklist import model
from appliance.worklist.service import Worklist as Schedule
from web.forms import CopyForm, ScheduleForm
from web.services.worklist import Copy, Item, Performed, Taken

_ALL = 100_000
_FIELDS = frozenset(one.name for one in fields(model.Item)) - {
    "station_ae_titles",
    "start_date",
    "start_time",
    "protocol_codes",
    "requested_procedure_codes",
    "state",
}


@dataclass(frozen=True)
class Worklist:
    """See `web.services.worklist.Worklist`."""

    schedule: Schedule
    nodes: Nodes

    async def listed(self, search: str, all_: bool, limit: int | None) -> list[Item]:
        found = await self.schedule.find(search, all_=all_, limit=limit or _ALL)
        return [_item(one) for one in found]

    async def add(self, form: ScheduleForm) -> Item:
        added = await self.schedule.add(_scheduled(form))
        return _item(added.entry, added.warnings)

    async def show(self, number: int) -> Mapping[str, Any]:
        entry = await self.schedule.entry(number)
        shown: Mapping[str, Any] = decode(entry.raw, EXPLICIT_LITTLE_ENDIAN).to_json_dict()
        return shown

    async def remove(self, number: int) -> None:
        await self.schedule.remove(number)

    async def import_path(self, path: Path) -> Taken:
        return _taken(await self.schedule.import_path(path))

    async def copy(self, form: CopyForm) -> Taken | Copy:
        if self.nodes.get(form.node) is None:
            raise UnknownName(f"no node is called {form.node}: add it first")
        if form.every_seconds is None:
            return _taken(await self.schedule.copy(form.node, form.days))
        return _copy(await self.schedule.schedule(form.node, form.every_seconds, form.days))

    async def stop_copying(self, node: str) -> None:
        await self.schedule.unschedule(node)

    async def copies(self) -> list[Copy]:
        return [_copy(one) for one in await self.schedule.copies()]

    async def performed(self, limit: int | None) -> list[Performed]:
        return [
            Performed(one.uid, one.state, one.ae_title, one.scheduled, one.began, one.changed)
            for one in await self.schedule.performed(limit or _ALL)
        ]


def _scheduled(form: ScheduleForm) -> model.Item:
    if unknown := sorted(set(form.fields) - _FIELDS):
        raise BadRequest(f"{unknown[0]} is no field here; known: {', '.join(sorted(_FIELDS))}")
    at = _moment(form.at)
    given: dict[str, Any] = dict(form.fields)
    return model.Item(
        **given,
        station_ae_titles=form.station_ae_titles,
        protocol_codes=tuple(map(_code, form.codes)),
        start_date=f"{at:%Y%m%d}",
        start_time=f"{at:%H%M%S}",
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise BadRequest(f"'{text}' is no date and time: write 2026-11-30 09:30") from None


def _code(text: str) -> model.Code:
    parts = text.split(":", 2)
    if len(parts) != 3 or not all(parts) or len(parts[0]) > 16 or len(parts[1]) > 16:
        raise BadRequest(f"code '{text}': write value:scheme:meaning, like CTHEAD:99LOCAL:CT head")
    return model.Code(*parts)


def _item(entry: model.Entry, warnings: tuple[str, ...] = ()) -> Item:
    item = entry.item
    day, at = item.start[:8], item.start[8:]
    return Item(
        id=entry.number,
        state=item.state,
        start=f"{day[:4]}-{day[4:6]}-{day[6:]} {at[:2]}:{at[2:4]}",
        modality=item.modality,
        station_ae_titles=item.station_ae_titles,
        patient_id=item.patient_id,
        patient_name=item.patient_name,
        accession_number=item.accession_number,
        step_id=item.step_id,
        description=item.step_description or item.requested_procedure_description,
        study_uid=item.study_instance_uid,
        source=entry.source,
        warnings=warnings,
    )


def _taken(kept: model.Kept) -> Taken:
    return Taken(kept.added, kept.changed, kept.unchanged, kept.removed, kept.problems)


def _copy(one: Any) -> Copy:
    return Copy(one.node, one.every_seconds, one.days, one.last_at, one.items, one.note)
