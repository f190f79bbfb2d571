from datetime import UTC, datetime
from typing import Any

from web.services import Part, Services, Status


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


async def test_the_appliance_in_memory_answers_the_protocols(services: Services) -> None:
    questions: list[Any] = [
        await services.overview.events(2),
        await services.studies.find("doe", None),
        await services.nodes.pending(),
        await services.queue.jobs(None, None),
    ]
    assert [len(answer) for answer in questions] == [2, 1, 1, 1]
