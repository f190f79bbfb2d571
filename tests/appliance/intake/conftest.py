"""An intake before a real store without syncing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from appliance import clock
from appliance.database.door import open_database
from appliance.dicom.header import Header
from appliance.intake.desk import Desk
from appliance.intake.model import Settings
from appliance.intake.service import Intake
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.services import Caller, StoreRequest
from storage.store import Entry
from storage.volume import Volume, VolumeSettings, create_volume, open_volume

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


@pytest.fixture
def request_for() -> Callable[..., StoreRequest]:
    """What a C-STORE-RQ for it announces."""

    def make(instance: str = "1.2.3.4", sop_class: str = CT) -> StoreRequest:
        caller = Caller("CT1", "ARCA", "10.0.0.1", 50000)
        return StoreRequest(caller, sop_class, instance, EXPLICIT)

    return make


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    settings = VolumeSettings(low_watermark=0, reserve=0, sync=False)
    create_volume(tmp_path / "store", name="test", settings=settings)
    with open_volume(tmp_path / "store", settings=settings, clock=clock.now) as opened:
        yield opened


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with open_database(f"sqlite:///{tmp_path}/journal.sqlite") as database:
        yield Journal(database)


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def stored() -> list[tuple[Entry, Header]]:
    """What the archive heard of."""
    return []


@pytest.fixture
def open_intake(
    tmp_path: Path,
    volume: Volume,
    journal: Journal,
    meter: Meter,
    stored: list[tuple[Entry, Header]],
) -> Callable[..., Intake]:
    def make(settings: Settings | None = None) -> Intake:
        return Intake(
            volume,
            journal,
            meter,
            quarantine=tmp_path / "quarantine",
            on_stored=lambda *what: stored.append(what),
            settings=settings,
        )

    return make


@pytest.fixture
def intake(open_intake: Callable[..., Intake]) -> Intake:
    return open_intake()


@pytest.fixture
def desk(intake: Intake) -> Desk:
    return intake._desk


@pytest.fixture
def count(meter: Meter) -> Callable[[str], float]:
    """How many objects met this outcome."""
    return lambda outcome: (
        meter.registry.get_sample_value("arca_objects_total", {"outcome": outcome}) or 0.0
    )
