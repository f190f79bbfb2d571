"""How soon questions are answered when much is stored: an index of 100,000 studies, by key."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import trio
from pydicom.dataset import Dataset

from appliance.archive.model import Patient
from appliance.archive.records import PatientRow
from appliance.archive.rows import patient_columns
from appliance.database.door import open_database
from appliance.dicom.dimse import Element, Operation
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.settings import Remote
from appliance.query.model import STUDY_ROOT
from storage.volume import VolumeSettings, create_volume
from tests.bench.candidates import Place, arca_configuration
from tests.bench.measure import Bench
from tests.bench.processes import Failed, Running, free_port, running

STUDIES = 100_000
_SERIES, _PER_SERIES = 2, 5
_FIRST = date(2015, 1, 1)
_DAYS = 3650
_SYLLABLES = [
    *("gar", "mar", "lo", "pe", "ra", "mi", "san", "ro", "ber", "son"),
    *("ki", "ta", "na", "vel", "dor", "hu", "fi", "ler", "wen", "sch"),
]
_GIVEN = [
    *("Ana", "Luis", "Eva", "Juan", "Mia", "Karl", "Ines", "Otto"),
    *("Rosa", "Hugo", "Lena", "Paul", "Sara", "Nico", "Vera", "Ivan"),
]
_CT, _EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
_MODALITIES = ("\\CT\\", "\\MR\\", "\\CT\\PT\\")
_AT = "2026-01-01 00:00:00+00:00"
_PATIENCE = 60.0
_RETURNED = ("PatientName", "PatientID", "StudyDate", "StudyTime", "AccessionNumber")
_MORE = ("StudyInstanceUID", "StudyDescription", "ModalitiesInStudy")
_COUNTED = ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances")


@dataclass(frozen=True, slots=True)
class Asked:
    """How long the questions by one key took."""

    key: str
    goal_ms: float
    p50_ms: float
    p95_ms: float
    answers: float  # to one question, on the average

    def row(self) -> list[str]:
        good = "yes" if self.p95_ms < self.goal_ms else "NO"
        times = [f"{self.p50_ms:.1f}", f"{self.p95_ms:.1f}"]
        return [self.key, f"{self.answers:.0f}", *times, f"p95 < {self.goal_ms:.0f}", good]


TITLES = ["C-FIND of studies by", "answers", "p50 ms", "p95 ms", "goal", "reached"]


def measure_queries(bench: Bench, studies: int, questions: int) -> list[Asked]:
    """Make an index of so many studies and ask so many questions by each key. Raises Failed."""
    folder = bench.folder / "query"
    place = Place(bench.programs, bench.arca, folder, free_port(), free_port())
    home = folder / "home"
    home.mkdir(parents=True, mode=0o700)
    settings = VolumeSettings(low_watermark=0, reserve=0)
    create_volume(home / "store", name="Arca", settings=settings)
    trio.run(make_index, home / "index.sqlite", studies)
    with _started(place) as appliance:
        try:
            return trio.run(_ask_everything, place.port, studies, questions)
        except OSError as error:
            raise Failed(f"{error}: {appliance.last_words()}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _started(place: Place) -> Iterator[Running]:
    config = arca_configuration(place)
    strangers = '[dicom]\nunknown_services = ["store", "find", "get"]'
    config.write_text(config.read_text().replace("[dicom]", strangers))
    with running([str(place.arca), "serve", "--config", str(config)], place.folder / "log") as one:
        words = [str(place.programs.sender), "--port", str(place.port), "--called", "ARCA"]
        deadline = time.monotonic() + _PATIENCE
        while subprocess.run([*words, "--echo"], capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                raise Failed(f"it did not answer a C-ECHO: {one.last_words()}")
            one.pause(0.1)
        yield one


# The index


async def make_index(path: Path, studies: int) -> None:
    """As if so many studies of ten instances had been received."""
    async with open_database(f"sqlite:///{path}"):
        pass
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for table, rows in _rows(studies):
            columns = list(first := next(rows))
            names, marks = ",".join(columns), ",".join("?" * len(columns))
            words = f"INSERT INTO {table} ({names}) VALUES ({marks})"
            database.execute(words, list(first.values()))
            database.executemany(words, (list(row.values()) for row in rows))


def _rows(studies: int) -> Iterator[tuple[str, Iterator[dict[str, object]]]]:
    yield "archive_patient", ({"id": n + 1, **_patient(n)} for n in range(studies))
    yield "archive_study", (_study(n) for n in range(studies))
    series = studies * _SERIES
    yield "archive_series", (_series(n) for n in range(series))
    yield "archive_instance", (_instance(n) for n in range(series * _PER_SERIES))
    totals = {"studies": studies, "instances": series * _PER_SERIES}
    yield "archive_cursor", iter([{"unit": "store", "sequence": 1, "silent_to": 0, **totals}])


def _patient(number: int) -> dict[str, object]:
    columns = patient_columns(Patient(f"P{number:06}", "", name_of(number), "19700101", "F"))
    assert set(columns) < set(PatientRow._meta.fields_map)
    return columns


def name_of(number: int) -> str:
    """The name of a patient: 8,000 family names."""
    dice = random.Random(number)
    return f"{''.join(dice.choices(_SYLLABLES, k=3)).title()}^{dice.choice(_GIVEN)}"


def _study(number: int) -> dict[str, object]:
    day = _FIRST + timedelta(days=number * _DAYS // STUDIES % _DAYS)
    empty = dict.fromkeys(("referring_physician", "referring_folded", "institution", "source"), "")
    return {
        "id": number + 1, "study_uid": f"1.2.840.{number}", "person_id": number + 1,
        "study_date": f"{day:%Y%m%d}", "study_time": "101500", "study_id": f"S{number}",
        "accession_number": f"A{number:07}", "description": "Thorax",
        "description_folded": "thorax", "modalities": _MODALITIES[number % 3],
        "series": _SERIES, "instances": _SERIES * _PER_SERIES, "size": 5_260_000,
        "first_at": _AT, "last_at": _AT, "complete": 1, "conflict": 0, "planned_to": 0, **empty,
    }  # fmt: skip


def _series(number: int) -> dict[str, object]:
    empty = dict.fromkeys(("date", "time", "description", "body_part", "station"), "")
    return {
        "id": number + 1, "study_id": number // _SERIES + 1, "series_uid": f"1.2.9.{number}",
        "modality": "CT", "manufacturer": "", **empty,
    }  # fmt: skip


def _instance(number: int) -> dict[str, object]:
    return {
        "id": number + 1, "series_id": number // _PER_SERIES + 1, "sha256": f"{number:064x}",
        "sop_instance_uid": f"1.2.3.{number}", "sop_class_uid": _CT, "size": 526_000,
        "transfer_syntax_uid": _EXPLICIT, "sequence": 1, "stored_at": _AT, "readable": 1,
    }  # fmt: skip


# The questions

_Keys = Callable[[int, random.Random], dict[str, str]]


def _family(number: int) -> str:
    return name_of(number).partition("^")[0]


def _initial(number: int) -> str:
    return name_of(number).partition("^")[2][0]


_BY: dict[str, tuple[float, _Keys]] = {
    "Patient ID": (50, lambda n, dice: {"PatientID": f"P{n:06}"}),
    "accession number": (50, lambda n, dice: {"AccessionNumber": f"A{n:07}"}),
    "Study Instance UID": (50, lambda n, dice: {"StudyInstanceUID": f"1.2.840.{n}"}),
    "one day": (50, lambda n, dice: {"StudyDate": str(_study(n)["study_date"])}),
    "a modality on two days": (
        50,
        lambda n, dice: {
            "StudyDate": f"{_study(n)['study_date']}-{_study(n + 27)['study_date']}",
            "ModalitiesInStudy": "MR",
        },
    ),
    "exact name": (50, lambda n, dice: {"PatientName": name_of(n).upper()}),
    "Family*": (200, lambda n, dice: {"PatientName": f"{_family(n)}*"}),
    "Fam*^G*": (200, lambda n, dice: {"PatientName": f"{_family(n)[:7]}*^{_initial(n)}*"}),
    "*mily^G*": (200, lambda n, dice: {"PatientName": f"*{_family(n)[2:]}^{_initial(n)}*"}),
    "?amily^*": (200, lambda n, dice: {"PatientName": f"?{_family(n)[1:]}^*"}),
}


async def _ask_everything(port: int, studies: int, questions: int) -> list[Asked]:
    remote = Remote("ARCA", "127.0.0.1", port, "BENCH")
    async with associate(remote, [(STUDY_ROOT.find, (_EXPLICIT,))]) as association:
        await _ask(association, {"StudyInstanceUID": "1.2.840.0"})
        return [
            await _ask_by(association, key, goal, keys, studies, questions)
            for key, (goal, keys) in _BY.items()
        ]


async def _ask_by(
    association: OutgoingAssociation,
    key: str,
    goal: float,
    keys: _Keys,
    studies: int,
    questions: int,
) -> Asked:
    dice = random.Random(key)
    times, answers = [], 0
    for _ in range(questions):
        asked = keys(dice.randrange(studies), dice)
        began = time.perf_counter()
        count = await _ask(association, asked)
        times.append((time.perf_counter() - began) * 1000)
        if not count:
            raise Failed(f"nothing was found by {asked}")
        answers += count
    times.sort()
    middle, late = times[len(times) // 2], times[int(len(times) * 0.95)]
    return Asked(key, goal, middle, late, answers / questions)


async def _ask(association: OutgoingAssociation, keys: dict[str, str]) -> int:
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    for keyword in (*_RETURNED, *_MORE, *_COUNTED):
        setattr(asked, keyword, "")
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    inquiry = await association.ask(STUDY_ROOT.find, Operation.C_FIND, {Element.PRIORITY: 0}, asked)
    count = 0
    while (await inquiry.next()).pending:
        count += 1
    return count
