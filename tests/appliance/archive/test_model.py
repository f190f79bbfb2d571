"""Who is the same person, and what is a date."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.archive.model import Patient, agree, completed, date_of, same_person

JANE = Patient("4711", "HOSPITAL", "Doe^Jane", "19700101", "F")


@pytest.mark.parametrize(
    "other",
    [
        JANE,
        replace(JANE, name="DOE^JANE"),
        replace(JANE, name="Doe^Jane^^"),
        replace(JANE, name="Döe^Jane"),
        replace(JANE, birth_date=""),
        replace(JANE, sex=""),
        replace(JANE, sex="O"),
        replace(JANE, name_raw=b"Doe^Jane"),
    ],
)
def test_the_same_person(other: Patient) -> None:
    assert same_person(JANE, other)
    assert same_person(other, JANE)


@pytest.mark.parametrize(
    "other",
    [
        replace(JANE, patient_id="4712"),
        replace(JANE, issuer=""),
        replace(JANE, name="Doe^John"),
        replace(JANE, name=""),
        replace(JANE, birth_date="19700102"),
        replace(JANE, sex="M"),
    ],
)
def test_another_person(other: Patient) -> None:
    assert not same_person(JANE, other)
    assert not same_person(other, JANE)


@pytest.mark.parametrize(
    "nobody", [Patient(), Patient(name="Doe^Jane"), Patient("4711"), Patient("4711", name="^^")]
)
def test_without_an_id_or_a_name_nobody_is_joined(nobody: Patient) -> None:
    assert agree(nobody, nobody)
    assert not same_person(nobody, nobody)


def test_names_in_other_scripts_count() -> None:
    yamada = Patient("1", "", "=山田^太郎")
    assert same_person(yamada, yamada)
    assert not same_person(yamada, replace(yamada, name="=山田^花子"))


PEOPLE = st.builds(
    Patient,
    patient_id=st.sampled_from(["", "1"]),
    name=st.sampled_from(["", "A^B", "C^D"]),
    birth_date=st.sampled_from(["", "19700101", "19700102"]),
    sex=st.sampled_from(["", "F", "M", "O"]),
)


@given(st.lists(PEOPLE, max_size=12))
def test_nobody_joins_a_group_with_somebody_who_contradicts(arriving: list[Patient]) -> None:
    groups: list[tuple[Patient, list[Patient]]] = []
    for one in arriving:
        for place, (known, members) in enumerate(groups):
            if same_person(known, one):
                groups[place] = completed(known, one), [*members, one]
                break
        else:
            groups.append((one, [one]))
    for _, members in groups:
        assert all(agree(one, other) for one in members for other in members)


@pytest.mark.parametrize(
    ("text", "date"),
    [("20240131", "20240131"), ("2024.01.31", "20240131"), (" 2024-01-31 ", "20240131")],
)
def test_dates(text: str, date: str) -> None:
    assert date_of(text) == date


@pytest.mark.parametrize("text", ["", "2024", "20241301", "00000000", "2024013", "٢٠٢٤٠١٣١", "x"])
def test_what_is_no_date(text: str) -> None:
    assert date_of(text) == ""
