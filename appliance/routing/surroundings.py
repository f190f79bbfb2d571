"""What a rule can see: the names in its expression and the values behind them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from pydicom.datadict import DicomDictionary, keyword_dict

from appliance.archive.model import IndexedInstance, Study
from appliance.dicom.attributes import tag_of

Number: TypeAlias = int | float

# Names of ours beside the keywords of DICOM; each with what it stands for.
OURS = {
    "source": "AE title of the sender",
    "called": "AE title that the sender called",
    "host": "address of the sender",
    "via": "how it came: dicom or import",
    "sop_class": "UID of its SOP class",
    "transfer_syntax": "UID of its transfer syntax",
    "size": "bytes of its file",
    "age": "years the patient had at the study",
    "now": "the present moment",
    "hour": "hour of the clinic's clock, 0 to 23",
    "weekday": "1 for Monday to 7 for Sunday",
    "tags": "every attribute by its number: tags['00180015']",
}
OF_STUDIES = {"study": "the whole study: instances, series, modalities, description, date"}

_FRACTIONS = frozenset({"DS", "FL", "FD"})
_NUMBERS = _FRACTIONS | {"IS", "US", "SS", "UL", "SL", "UV", "SV"}
_DAYS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
_AGE = re.compile(r"(\d{3})([DWMY])")  # PS3.5 §6.2, VR AS


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One instance at one moment, perhaps with its study."""

    instance: IndexedInstance
    local: datetime  # on the clinic's clock
    study: Study | None = None

    def value(self, name: str) -> Any:
        """What a name stands for; None when this instance has nothing of the kind."""
        if name in _READERS:
            return _READERS[name](self)
        return self._attribute(name)

    def tag(self, name: str) -> str:
        """An attribute by keyword or number; empty when it is absent."""
        return self.instance.attributes.get(name, "")

    def _attribute(self, keyword: str) -> Any:
        tag = tag_of(keyword)
        if tag is None:
            return None
        text = self.instance.attributes.get(keyword, "")
        vr = _vr(tag)
        return _number(text, vr) if vr in _NUMBERS else text


def _vr(tag: int) -> str:
    return str(DicomDictionary[tag][0])[:2] if tag in DicomDictionary else "LO"


def is_keyword(name: str) -> bool:
    """Whether DICOM knows an attribute of that name."""
    return name in keyword_dict


def all_names(*, per_study: bool) -> list[str]:
    """Every name that may stand in an expression."""
    return [*OURS, *(OF_STUDIES if per_study else ()), *keyword_dict]


def sample(name: str) -> Any:
    """A value of the kind that a name stands for, to try an expression on."""
    if name in _SAMPLES:
        return _SAMPLES[name]
    tag = tag_of(name)
    if tag is None or _vr(tag) not in _NUMBERS:
        return None if tag is None else ""
    return 1.0 if _vr(tag) in _FRACTIONS else 1


def _number(text: str, vr: str) -> Number | list[Number] | None:
    """A numeric value; several as a list; None for what is no number."""
    values = [_one_number(part.strip(), whole=vr not in _FRACTIONS) for part in text.split("\\")]
    numbers = [value for value in values if value is not None]
    if not numbers:
        return None
    return numbers if len(values) > 1 else numbers[0]


def _one_number(text: str, *, whole: bool) -> Number | None:
    # CEL does not add 1 to 2.5: what may have a fraction is always a double.
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 2**63 else None


def _age(surroundings: Surroundings) -> float | None:
    """From the age that is given, else from the date of birth."""
    if given := _AGE.fullmatch(surroundings.tag("PatientAge")):
        return int(given[1]) * _DAYS[given[2]]
    born, at = surroundings.tag("PatientBirthDate"), surroundings.tag("StudyDate")
    try:
        days = datetime.strptime(at, "%Y%m%d") - datetime.strptime(born, "%Y%m%d")
    except ValueError:
        return None
    return days.days / 365.25


def _study(surroundings: Surroundings) -> Mapping[str, Any] | None:
    study = surroundings.study
    return None if study is None else {
        "uid": study.study_uid,
        "instances": study.instances,
        "series": study.series,
        "modalities": list(study.modalities),
        "description": study.description,
        "date": study.study_date,
        "size": study.size,
    }  # fmt: skip


def _tags(surroundings: Surroundings) -> Mapping[str, str]:
    attributes = surroundings.instance.attributes
    return {
        f"{tag:08X}": attributes[name] for name in attributes if (tag := tag_of(name)) is not None
    }


def _noted(key: str) -> Callable[[Surroundings], str]:
    return lambda surroundings: surroundings.instance.entry.notes.get(key, "")


_READERS: Mapping[str, Callable[[Surroundings], Any]] = {
    "source": _noted("source"),
    "called": _noted("called"),
    "host": _noted("host"),
    "via": _noted("via"),
    "sop_class": _noted("sop_class"),
    "transfer_syntax": _noted("transfer_syntax"),
    "size": lambda surroundings: surroundings.instance.size,
    "age": _age,
    "now": lambda surroundings: surroundings.local,
    "hour": lambda surroundings: surroundings.local.hour,
    "weekday": lambda surroundings: surroundings.local.isoweekday(),
    "tags": _tags,
    "study": _study,
}

_SAMPLES: Mapping[str, Any] = {
    "size": 1,
    "age": 1.0,
    "now": datetime(2000, 1, 1),
    "hour": 0,
    "weekday": 1,
    "tags": {},
    "study": {
        "uid": "",
        "instances": 1,
        "series": 1,
        "modalities": [""],
        "description": "",
        "date": "",
        "size": 1,
    },
} | dict.fromkeys(["source", "called", "host", "via", "sop_class", "transfer_syntax"], "")
