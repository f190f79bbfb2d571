"""Conditions: what they may say, what is wrong with them, and what they saw."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.archive.model import IndexedInstance, Patient, Study
from appliance.errors import BadRequest
from appliance.routing.expression import compile_condition, conjuncts
from appliance.routing.surroundings import Surroundings

Image = Callable[..., IndexedInstance]
MONDAY = datetime(2024, 1, 15, 22, 30).astimezone()
STUDY = Study("1.2.3", Patient(), modalities=("CT", "SR"), instances=40, series=2)


def _holds(text: str, instance: IndexedInstance, study: Study | None = None) -> bool:
    condition = compile_condition(text, per_study=study is not None)
    holds, error = condition.holds(Surroundings(instance, MONDAY, study))
    assert not error
    return holds


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "Modality == 'CT'",
        'Modality in ["CT", "MR"] && PatientSex == "F"',
        "source == 'CT1' && called == 'ARCA' && host.startsWith('10.') && via == 'dicom'",
        "Rows == 512 && InstanceNumber == 1 && SliceThickness > 2.0 && SliceThickness < 3.0",
        "ImageType.contains('PRIMARY')",
        "StudyDescription.matches('^[Hh]ead')",
        "lower(StudyDescription) == 'head' && upper('a') == 'A'",
        "tag('0018,0015') == 'HEAD' && tag('00180015') == 'HEAD'",
        "tag('BodyPartExamined') == 'HEAD'",
        "tags['00180015'] == 'HEAD' && '00180015' in tags",
        "age > 39.9 && age < 40.1",
        "hour == 22 && weekday == 1",
        "hour >= 20 || hour < 6",
        "now.getFullYear() == 2024",
        "size == 1000 && transfer_syntax == '1.2.840.10008.1.2.1'",
        "!(Modality == 'MR')",
        "Modality == 'CT' ? true : false",
        "['a', 'CT'].exists(one, one == Modality)",
        "AccessionNumber == ''",
    ],
)
def test_what_holds(text: str, image: Image) -> None:
    assert _holds(text, image())


def test_studies(image: Image) -> None:
    assert _holds("study.instances > 10 && 'SR' in study.modalities", image(), STUDY)
    assert not _holds("study.modalities.all(one, one == 'CT')", image(), STUDY)
    assert _holds("study.series == 2 && Modality == 'CT'", image(), STUDY)


def test_ages(image: Image) -> None:
    assert _holds("age == 0.5", image(PatientAge="006M"))
    assert _holds("age == 45.0", image(PatientAge="045Y"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("Modality ==", "not understood: .* at character 12"),
        ("Modalty == 'CT'", "did you mean Modality"),
        ("modality == 'CT'", "did you mean Modality"),
        ("sourc == 'CT'", "did you mean source"),
        ("qqqqqqqqq == 'CT'", "'qqqqqqqqq' is not known$"),
        ("Modality.startWith('C')", "did you mean startsWith"),
        ("Modality", "true or false"),
        ("1 + 1", "true or false"),
        ("Modality == CT", "'CT' is not known"),
        ("Rows > '512'", "text stands in quotes"),
        ("study.instances > 1", "only to rules per study"),
        ("Modality == '" + "x" * 2000 + "'", "longer than 2000"),
        ("(" * 200 + "true" + ")" * 200, "not understood"),
        ("[1].all(a, [1].all(b, [1].all(c, true)))", "more than 2"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        compile_condition(text, per_study=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SliceLocation > 10.0", "there is no SliceLocation"),
        ("tags['00100099'] == 'x'", "no entry '00100099'"),
        ("int(PatientID) > 3", "parse"),
        ("1 / (Rows - 512) == 1", "zero"),
    ],
)
def test_what_cannot_be_answered_is_false(text: str, words: str, image: Image) -> None:
    condition = compile_condition(text, per_study=False)
    holds, error = condition.holds(Surroundings(image(), MONDAY))
    assert not holds
    assert words in error


def test_facts_show_which_part_failed(image: Image) -> None:
    text = "Modality == 'MR' && PatientSex == 'F' && tag('0018,0015') == 'KNEE'"
    facts = compile_condition(text, per_study=False).facts(Surroundings(image(), MONDAY))
    assert [fact.words() for fact in facts] == [
        "Modality == 'MR' is false (Modality is 'CT')",
        "PatientSex == 'F' is true (PatientSex is 'F')",
        "tag('0018,0015') == 'KNEE' is false (tag('0018,0015') is 'HEAD')",
    ]


def test_facts_own_up(image: Image) -> None:
    condition = compile_condition("SliceLocation > 1.0 && AccessionNumber != ''", per_study=False)
    first, second = condition.facts(Surroundings(image(), MONDAY))
    assert "cannot be answered: there is no SliceLocation" in first.words()
    assert second.words() == "AccessionNumber != '' is false (AccessionNumber is absent)"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ["a"]),
        ("a && b&&c", ["a", "b", "c"]),
        ("(a && b) && c", ["(a && b)", "c"]),
        ("a && b || c", ["a && b || c"]),
        ("a && (b || c)", ["a", "(b || c)"]),
        ("x == 'a && b' && y == \"&&\"", ["x == 'a && b'", 'y == "&&"']),
        (r"x == 'it\'s && so' && y", [r"x == 'it\'s && so'", "y"]),
        (r"x.matches(r'\') && y", [r"x.matches(r'\')", "y"]),
        ("x == '''a' && b''' && y", ["x == '''a' && b'''", "y"]),
        ("a ? b && c : d", ["a ? b && c : d"]),
        ("m.exists(x, x > 1 && x < 3) && d", ["m.exists(x, x > 1 && x < 3)", "d"]),
        ("a // && b", ["a // && b"]),
    ],
)
def test_the_parts_of_a_conjunction(text: str, parts: list[str]) -> None:
    assert conjuncts(text) == parts


_WORDS = st.sampled_from(
    ["Modality", "Rows", "'CT'", "5", "==", "&&", "||", "(", ")", "!", "in", "[", "]", "tag", ","]
)


@given(st.text(max_size=200) | st.lists(_WORDS, max_size=12).map(" ".join))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    with contextlib.suppress(BadRequest):
        compile_condition(text, per_study=True)
