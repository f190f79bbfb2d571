"""Persons are found again, and never merged on their Patient ID alone."""

from __future__ import annotations

from appliance.archive.model import Finding, Patient, Study
from appliance.archive.people import People
from appliance.archive.records import PatientRow
from appliance.database.door import Database
from appliance.database.schema import transaction

JANE = Patient("4711", "", "Doe^Jane", "", "F")


async def _meet(*patients: Patient) -> tuple[list[int], list[Finding]]:
    findings: list[Finding] = []
    async with transaction():
        people = People()
        rows = [
            row
            for number, patient in enumerate(patients)
            for row in await people.of([Study(f"1.{number}", patient)], findings)
        ]
    return rows, findings


async def test_the_same_person_is_met_again(database: Database) -> None:
    [first], _ = await database.run(_meet, JANE)
    [again], findings = await database.run(_meet, JANE)
    assert first == again
    assert findings == []


async def test_somebody_else_with_the_same_id_is_somebody_else(database: Database) -> None:
    [jane, john], [finding] = await database.run(
        _meet, JANE, Patient("4711", "", "Doe^John", "", "M")
    )
    assert jane != john
    assert (finding.kind, finding.subject) == ("patient.same_id", "1.1")


async def test_what_is_learned_later_keeps_others_out(database: Database) -> None:
    born = Patient("4711", "", "Doe^Jane", "19700101", "F")
    other = Patient("4711", "", "Doe^Jane", "19800101", "F")
    [first, second, third], _ = await database.run(_meet, JANE, born, other)
    assert first == second != third
    [again], _ = await database.run(_meet, other)
    assert again == third


async def test_without_an_id_everybody_is_alone(database: Database) -> None:
    nobody = Patient("", "", "Doe^Jane")
    [first, second], findings = await database.run(_meet, nobody, nobody)
    assert first != second
    assert findings == []
    assert await database.read(_count) == 2


async def _count() -> int:
    return await PatientRow.all().count()
