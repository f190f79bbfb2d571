"""When the appliance is well."""

from __future__ import annotations

from datetime import UTC, datetime

from web.services.overview import Part, Status


def status(*parts: Part) -> Status:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    return Status(
        name="Arca",
        version="1",
        ae_title="ARCA",
        address="::",
        port=104,
        started=moment,
        uptime_seconds=1.0,
        free_bytes=0,
        store="open",
        studies=0,
        instances=0,
        waiting=0,
        set_aside=0,
        index_lag=0,
        open_associations=0,
        nodes=0,
        rules=0,
        levels=(),
        parts=parts,
    )


def test_the_appliance_is_well_when_every_part_is() -> None:
    assert status().well
    assert status(Part("index", well=True)).well
    assert not status(Part("index", well=True), Part("listener", well=False)).well
