"""Finds out whose study it is: a person in the index, or a new one."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.archive.model import Finding, Patient, Study, completed, same_person
from appliance.archive.records import PatientRow
from appliance.archive.rows import patient_columns, patient_of

_SAME_ID = (
    "another person with the same Patient ID is in the index already; name, birth date or sex "
    "differ, so they are kept apart"
)


class People:
    """The persons in the index; part of a unit of work."""

    def __init__(self) -> None:
        # (Patient ID, issuer) -> everybody who goes by it
        self._known: dict[tuple[str, str], dict[int, Patient]] = {}

    async def of(self, studies: Sequence[Study], findings: list[Finding]) -> list[int]:
        """The row of each study's person."""
        await self._recall({(one.patient.patient_id, one.patient.issuer) for one in studies})
        return [await self._person(study, findings) for study in studies]

    def __len__(self) -> int:
        return len(self._known)

    async def _recall(self, keys: set[tuple[str, str]]) -> None:
        missing = {key for key in keys if key[0] and key not in self._known}
        self._known.update({key: {} for key in missing})
        ids = sorted({patient_id for patient_id, _ in missing})
        for row in await PatientRow.filter(patient_id__in=ids).order_by("id") if ids else ():
            if (key := (row.patient_id, row.issuer)) in missing:
                self._known[key][row.id] = patient_of(row)

    async def _person(self, study: Study, findings: list[Finding]) -> int:
        arriving = study.patient
        if not arriving.patient_id:
            return await _add(arriving)
        namesakes = self._known[arriving.patient_id, arriving.issuer]
        for row, person in namesakes.items():
            if same_person(person, arriving):
                namesakes[row] = await _complete(row, person, arriving)
                return row
        if namesakes:
            findings.append(Finding("patient.same_id", study.study_uid, _SAME_ID))
        row = await _add(arriving)
        namesakes[row] = arriving
        return row


async def _add(patient: Patient) -> int:
    row = await PatientRow.create(**patient_columns(patient))
    return int(row.id)


async def _complete(row: int, known: Patient, arriving: Patient) -> Patient:
    """Keep what the newer images add, so that nobody who contradicts it joins later."""
    person = completed(known, arriving)
    if person != known:
        await PatientRow.filter(id=row).update(birth_date=person.birth_date, sex=person.sex[:16])
    return person
