"""A batch is indexed whole with its orders and its cursor, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from appliance.archive import lookup
from appliance.archive.completion import cursor
from appliance.archive.indexing import Batch, Indexing
from appliance.archive.model import Described, Removed, Study, StudyFilter
from appliance.archive.records import InstanceRow, StudyRow
from appliance.archive.removal import begin_rebuild
from appliance.database.door import Database

Line = Callable[..., Described]


@pytest.fixture
async def indexing(database: Database) -> Indexing:
    await database.run(cursor, "store", 0)
    return Indexing()


async def _study(database: Database, study_uid: str = "1.2.3") -> Study:
    detail = await database.read(lookup.study, study_uid)
    assert detail is not None
    return detail.study


async def test_a_batch_becomes_rows_and_sums(
    database: Database, indexing: Indexing, line: Line
) -> None:
    lines = [
        line(1),
        line(2),
        line(3, SeriesInstanceUID="1.2.3.2", Modality="PT"),
        line(4, StudyInstanceUID="1.9", PatientID="4712", PatientName="Roe^Richard"),
    ]
    assert await database.run(indexing.add, Batch("store", 4, lines)) == []
    study = await _study(database)
    assert (study.series, study.instances, study.modalities) == (2, 3, ("CT", "PT"))
    assert study.size == sum(one.instance.size for one in lines[:3])
    assert (study.first_at, study.last_at) == (lines[0].study.first_at, lines[2].study.last_at)
    assert (study.patient.name, study.complete, study.conflict) == ("Doe^Jane", False, False)
    assert await database.read(lookup.totals) == (2, 4)
    assert (await database.run(cursor, "store", 0))[0] == 4


async def test_later_batches_add_up(database: Database, indexing: Indexing, line: Line) -> None:
    for number in range(1, 6):
        remembering = indexing if number < 4 else Indexing()
        await database.run(remembering.add, Batch("store", number, [line(number)]))
    study = await _study(database)
    assert (study.series, study.instances) == (1, 5)


async def test_a_replay_changes_nothing(database: Database, indexing: Indexing, line: Line) -> None:
    batch = Batch("store", 2, [line(1), line(2)])
    await database.run(indexing.add, batch)
    before = await _study(database)
    await database.run(Indexing().add, batch)
    assert await _study(database) == before


async def test_orders_are_committed_with_the_rows_or_not_at_all(
    database: Database, indexing: Indexing, line: Line
) -> None:
    ordered: list[Any] = []

    async def add(orders: Sequence[Any]) -> None:
        ordered.extend(orders)

    async def fail(_: Sequence[Any]) -> None:
        raise RuntimeError("no room for orders")

    lines = [line(1)]
    with pytest.raises(RuntimeError):
        await database.run(indexing.add, Batch("store", 1, lines, orders=["x"], add_orders=fail))
    assert await database.read(lookup.totals) == (0, 0)
    assert (await database.run(cursor, "store", 0))[0] == 0
    await database.run(indexing.add, Batch("store", 1, lines, orders=["x"], add_orders=add))
    assert ordered == ["x"]
    assert await database.read(lookup.totals) == (1, 1)


async def test_another_patient_in_a_study_is_a_conflict_told_once(
    database: Database, indexing: Indexing, line: Line
) -> None:
    lines = [line(1), line(2, PatientID="9"), line(3, PatientID="9")]
    [finding] = await database.run(indexing.add, Batch("store", 3, lines))
    assert (finding.kind, finding.subject) == ("study.patient_conflict", "1.2.3")
    assert (await _study(database)).conflict
    assert await database.run(Indexing().add, Batch("store", 4, [line(4, PatientID="9")])) == []
    assert await database.read(lookup.count_studies, StudyFilter()) == 1


async def test_both_of_two_conflicting_objects_are_listed(
    database: Database, indexing: Indexing, line: Line
) -> None:
    lines = [line(1), line(2, SOPInstanceUID="1.2.3.1")]
    await database.run(indexing.add, Batch("store", 2, lines))
    assert len(await database.read(lookup.instances, "1.2.3")) == 2


async def test_a_late_instance_opens_a_complete_study(
    database: Database, indexing: Indexing, line: Line
) -> None:
    await database.run(indexing.add, Batch("store", 1, [line(1)], silent_to=1))
    assert (await _study(database)).complete
    await database.run(indexing.add, Batch("store", 2, [line(2)]))
    assert not (await _study(database)).complete


async def test_removals_and_additions_keep_their_order(
    database: Database, indexing: Indexing, line: Line
) -> None:
    one, two = line(1), line(2, SeriesInstanceUID="1.2.3.2", Modality="PT")
    removed = Removed(one.instance.sha256)
    await database.run(indexing.add, Batch("store", 4, [one, two, removed]))
    study = await _study(database)
    assert (study.series, study.instances, study.modalities) == (1, 1, ("PT",))
    gone = Removed(two.instance.sha256)
    await database.run(indexing.add, Batch("store", 6, [gone, one]))
    assert [found.sha256 for found in await database.read(lookup.instances, "1.2.3")] == [
        one.instance.sha256
    ]


async def test_a_copy_that_replaces_a_damaged_one_is_one_row(
    database: Database, indexing: Indexing, line: Line
) -> None:
    await database.run(indexing.add, Batch("store", 3, [line(1), line(2), line(1)]))
    assert (await _study(database)).instances == 2
    assert await database.read(lookup.totals) == (1, 2)


async def test_studies_of_one_batch_are_listed_as_those_of_many(
    database: Database, indexing: Indexing, line: Line
) -> None:
    lines = [line(number, StudyInstanceUID=f"1.{number}") for number in range(1, 5)]
    await database.run(indexing.add, Batch("store", 2, lines[:2]))
    await database.run(indexing.add, Batch("store", 4, lines[2:]))
    found = await database.read(lookup.studies, StudyFilter())
    assert [one.study_uid for one in found] == ["1.4", "1.3", "1.2", "1.1"]


async def test_hundreds_of_studies_in_one_batch(
    database: Database, indexing: Indexing, line: Line
) -> None:
    lines = [
        line(number, StudyInstanceUID=f"1.{number}", PatientID=str(number % 7))
        for number in range(1, 301)
    ]
    await database.run(indexing.add, Batch("store", 300, lines))
    assert await database.read(lookup.totals) == (300, 300)


@pytest.mark.parametrize("seed", range(3))
async def test_the_totals_are_those_of_the_rows(
    database: Database, indexing: Indexing, line: Line, seed: int
) -> None:
    chance, known = Random(seed), list[str]()
    for upto in range(10, 90, 10):
        lines: list[Described | Removed] = [
            line(number, StudyInstanceUID=f"1.{chance.randrange(6)}")
            for number in chance.sample(range(1, 60), 9)  # some of them once more
        ]
        known += [one.instance.sha256 for one in lines if isinstance(one, Described)]
        lines += [Removed(digest) for digest in chance.sample(known, 6)]
        chance.shuffle(lines)
        await database.run(indexing.add, Batch("store", upto, lines))
        if chance.random() < 0.3:
            indexing = Indexing()
        assert await database.read(lookup.totals) == await database.read(_rows)
    await database.run(begin_rebuild, "store", upto)
    assert await database.read(lookup.totals) == (0, 0)


async def _rows() -> tuple[int, int]:
    return await StudyRow.all().count(), await InstanceRow.all().count()


async def test_rows_name_their_line_of_the_ledger(
    database: Database, indexing: Indexing, line: Line
) -> None:
    await database.run(indexing.add, Batch("store", 7, [line(7)]))
    assert await database.read(_sequences) == [7]


async def _sequences() -> list[int]:
    return [row.sequence for row in await InstanceRow.all()]
