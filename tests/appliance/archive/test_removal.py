"""What is empty goes; a rebuild knows what was routed and what was open."""

from __future__ import annotations

from collections.abc import Callable

from appliance.archive import lookup
from appliance.archive.completion import complete, cursor
from appliance.archive.indexing import Batch, Indexing
from appliance.archive.model import Described, StudyFilter
from appliance.archive.records import PatientRow
from appliance.archive.removal import begin_rebuild, remove
from appliance.database.door import Database
from appliance.database.schema import transaction

Line = Callable[..., Described]


async def _remove(*digests: str) -> tuple[int, int]:
    async with transaction():
        return await remove(digests)


async def _people() -> int:
    return await PatientRow.all().count()


async def test_an_empty_study_and_its_patient_go(database: Database, line: Line) -> None:
    lines = [line(1), line(2, StudyInstanceUID="1.9")]
    await database.run(Indexing().add, Batch("store", 2, lines))
    assert await database.run(_remove, lines[0].instance.sha256) == (1, 1)
    assert await database.read(_people) == 1
    assert await database.run(_remove, lines[1].instance.sha256, "unknown") == (1, 1)
    assert await database.read(lookup.count_studies, StudyFilter()) == 0
    assert await database.read(_people) == 0


async def test_a_rebuild_remembers_what_was_routed_and_open(database: Database, line: Line) -> None:
    await database.run(cursor, "store", 0)
    lines = [line(1), line(2, StudyInstanceUID="1.9")]
    await database.run(Indexing().add, Batch("store", 2, lines))
    detail = await database.read(lookup.study, "1.2.3")
    assert detail is not None
    assert await database.run(complete, detail.study, 1, (), None)
    for _ in range(2):  # the second one finds the first interrupted
        await database.run(begin_rebuild, "store", 5)
        assert await database.run(cursor, "store", 5) == (0, 2)
        assert await database.read(lookup.totals) == (0, 0)
    await database.run(Indexing().add, Batch("store", 2, lines, silent_to=2))
    done, still_open = [await database.read(lookup.study, uid) for uid in ("1.2.3", "1.9")]
    assert done is not None
    assert still_open is not None
    assert (done.study.complete, still_open.study.complete) == (True, False)


async def test_a_lost_index_counts_everything_as_routed(database: Database) -> None:
    await database.run(begin_rebuild, "store", 5)
    assert await database.run(cursor, "store", 9) == (0, 5)
