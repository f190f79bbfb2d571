"""The attributes that the index knows, as a query names them (PS3.4 §C.6.1.1, §C.6.2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.archive.criteria import LEVELS, Level

SPECIFIC_CHARACTER_SET = 0x00080005
QUERY_RETRIEVE_LEVEL = 0x00080052
RETRIEVE_AE_TITLE = 0x00080054
INSTANCE_AVAILABILITY = 0x00080056
FAILED_SOP_INSTANCE_UID_LIST = 0x00080058
# Said about the question or by whoever answers it: never matched.
ABOUT = frozenset(
    {
        SPECIFIC_CHARACTER_SET,
        QUERY_RETRIEVE_LEVEL,
        RETRIEVE_AE_TITLE,
        INSTANCE_AVAILABILITY,
        0x00080201,  # Timezone Offset From UTC
    }
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One that the index knows."""

    tag: int
    vr: str
    level: Level
    field: str  # in what the index finds
    matched: bool = True  # False: returned, but no key to search by
    many: bool = False  # its values are parted by backslashes


def _at(level: Level, *attributes: tuple[int, str, str]) -> list[Attribute]:
    return [Attribute(tag, vr, level, field) for tag, vr, field in attributes]


def _added_up(level: Level, *attributes: tuple[int, str]) -> list[Attribute]:
    return [Attribute(tag, "IS", level, field, matched=False) for tag, field in attributes]


ATTRIBUTES: Mapping[int, Attribute] = {
    one.tag: one
    for one in [
        *_at(
            "PATIENT",
            (0x00100010, "PN", "patient_name"),
            (0x00100020, "LO", "patient_id"),
            (0x00100021, "LO", "issuer"),
            (0x00100030, "DA", "birth_date"),
            (0x00100040, "CS", "sex"),
        ),
        *_added_up(
            "PATIENT",
            (0x00201200, "patient_studies"),
            (0x00201202, "patient_series"),
            (0x00201204, "patient_instances"),
        ),
        *_at(
            "STUDY",
            (0x00080020, "DA", "study_date"),
            (0x00080030, "TM", "study_time"),
            (0x00080050, "SH", "accession_number"),
            (0x00080080, "LO", "institution"),
            (0x00080090, "PN", "referring_physician"),
            (0x00081030, "LO", "study_description"),
            (0x0020000D, "UI", "study_uid"),
            (0x00200010, "SH", "study_id"),
        ),
        Attribute(0x00080061, "CS", "STUDY", "modalities", many=True),
        Attribute(0x00080062, "UI", "STUDY", "sop_classes", many=True),
        *_added_up("STUDY", (0x00201206, "study_series"), (0x00201208, "study_instances")),
        *_at(
            "SERIES",
            (0x00080021, "DA", "series_date"),
            (0x00080031, "TM", "series_time"),
            (0x00080060, "CS", "modality"),
            (0x00080070, "LO", "manufacturer"),
            (0x00081010, "SH", "station"),
            (0x0008103E, "LO", "series_description"),
            (0x00180015, "CS", "body_part"),
            (0x0020000E, "UI", "series_uid"),
            (0x00200011, "IS", "series_number"),
        ),
        *_added_up("SERIES", (0x00201209, "series_instances")),
        *_at(
            "IMAGE",
            (0x00080016, "UI", "sop_class_uid"),
            (0x00080018, "UI", "sop_instance_uid"),
            (0x00083002, "UI", "transfer_syntax_uid"),
            (0x00200013, "IS", "instance_number"),
            (0x00280008, "IS", "frames"),
            (0x00280010, "US", "rows"),
            (0x00280011, "US", "columns"),
            (0x00280101, "US", "bits"),
        ),
    ]
}

UNIQUE: Mapping[Level, Attribute] = {
    "PATIENT": ATTRIBUTES[0x00100020],
    "STUDY": ATTRIBUTES[0x0020000D],
    "SERIES": ATTRIBUTES[0x0020000E],
    "IMAGE": ATTRIBUTES[0x00080018],
}
# A date and the time that belongs to it (PS3.4 §C.2.2.2.5.1).
MOMENTS = ((0x00080020, 0x00080030), (0x00080021, 0x00080031))


def reaches(level: Level, attribute: Attribute) -> bool:
    """Whether rows of that level have the attribute."""
    return LEVELS.index(attribute.level) <= LEVELS.index(level)
