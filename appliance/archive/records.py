"""The index's tables. Its units of work are in `indexing` and `lookup`.

Dates are texts of 8 digits, so that a range means the same in every database. What was
too long for its column is cut: the file keeps the whole value.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

_UID, _SHORT, _LONG = 64, 64, 255


class PatientRow(Model):
    """One person, as far as we dare to say that two studies are of one."""

    id = fields.BigIntField(primary_key=True)
    patient_id = fields.CharField(max_length=_SHORT)
    issuer = fields.CharField(max_length=_SHORT)
    name = fields.CharField(max_length=_LONG)
    name_raw = fields.BinaryField()
    name_folded = fields.CharField(max_length=_LONG)  # without case and accents, for searching
    ideographic_folded = fields.CharField(
        max_length=_LONG, default="", db_default=""
    )  # groups of the name …
    phonetic_folded = fields.CharField(
        max_length=_LONG, default="", db_default=""
    )  # … behind the first one
    sounds = fields.CharField(max_length=_LONG, default="", db_default="")  # " d000 j500 "
    birth_date = fields.CharField(max_length=8)
    sex = fields.CharField(max_length=16)

    class Meta:
        table = "archive_patient"
        indexes = (
            Index(fields=("patient_id", "issuer")),
            Index(fields=("name_folded",)),
            Index(fields=("ideographic_folded",)),
            Index(fields=("phonetic_folded",)),
            Index(fields=("birth_date",)),
        )


class StudyRow(Model):
    """A study with its sums."""

    id = fields.BigIntField(primary_key=True)
    study_uid = fields.CharField(max_length=_UID, unique=True)
    person: fields.ForeignKeyRelation[PatientRow] = fields.ForeignKeyField(
        "archive.PatientRow", related_name="studies", on_delete=fields.RESTRICT
    )
    person_id: int
    study_date = fields.CharField(max_length=8)
    study_time = fields.CharField(max_length=16)
    accession_number = fields.CharField(max_length=_SHORT)
    study_id = fields.CharField(max_length=_SHORT)
    description = fields.CharField(max_length=_LONG)
    description_folded = fields.CharField(max_length=_LONG)
    referring_physician = fields.CharField(max_length=_LONG)
    referring_folded = fields.CharField(max_length=_LONG)
    institution = fields.CharField(max_length=_LONG)
    modalities = fields.CharField(max_length=_LONG)  # "\CT\PT\"
    series = fields.IntField(default=0)
    instances = fields.IntField(default=0)
    size = fields.BigIntField(default=0)
    source = fields.CharField(max_length=_SHORT)
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    complete = fields.BooleanField(default=False)
    conflict = fields.BooleanField(default=False)
    planned_to = fields.BigIntField(default=0)  # study rules have seen lines up to this one

    class Meta:
        table = "archive_study"
        indexes = (
            Index(fields=("person_id",)),
            Index(fields=("study_date", "study_time")),
            Index(fields=("accession_number",)),
            Index(fields=("referring_folded",)),
            Index(fields=("complete", "last_at")),
            Index(fields=("last_at",)),
            Index(fields=("study_id",)),
        )


class SeriesRow(Model):
    """A series of a study."""

    id = fields.BigIntField(primary_key=True)
    study: fields.ForeignKeyRelation[StudyRow] = fields.ForeignKeyField(
        "archive.StudyRow", related_name="parts", on_delete=fields.RESTRICT
    )
    study_id: int
    series_uid = fields.CharField(max_length=_UID)
    modality = fields.CharField(max_length=16)
    number = fields.IntField(null=True)
    date = fields.CharField(max_length=8)
    time = fields.CharField(max_length=16)
    description = fields.CharField(max_length=_LONG)
    body_part = fields.CharField(max_length=_SHORT)
    station = fields.CharField(max_length=_SHORT)
    manufacturer = fields.CharField(max_length=_LONG)

    class Meta:
        table = "archive_series"
        unique_together = (("study_id", "series_uid"),)
        indexes = (Index(fields=("series_uid",)), Index(fields=("modality",)))


class InstanceRow(Model):
    """A stored object. Conflicting objects share a SOP Instance UID: it is not unique."""

    id = fields.BigIntField(primary_key=True)
    series: fields.ForeignKeyRelation[SeriesRow] = fields.ForeignKeyField(
        "archive.SeriesRow", related_name="members", on_delete=fields.RESTRICT
    )
    series_id: int
    sha256 = fields.CharField(max_length=64, unique=True)
    sop_instance_uid = fields.CharField(max_length=_UID)
    sop_class_uid = fields.CharField(max_length=_UID)
    transfer_syntax_uid = fields.CharField(max_length=_UID)
    size = fields.BigIntField()
    sequence = fields.BigIntField()
    number = fields.IntField(null=True)
    rows = fields.IntField(null=True)
    columns = fields.IntField(null=True)
    frames = fields.IntField(null=True)
    bits = fields.IntField(null=True)
    stored_at = fields.DatetimeField()
    readable = fields.BooleanField(default=True)

    class Meta:
        table = "archive_instance"
        indexes = (Index(fields=("series_id",)), Index(fields=("sop_instance_uid",)))


class CursorRow(Model):
    """How far a storage unit's ledger is indexed, written with the rows it stands for.

    And how many rows its lines added, less those they took away: only the sum over all units
    says what is there, since a study may begin in one and end in another.
    """

    unit = fields.CharField(max_length=64, primary_key=True)
    sequence = fields.BigIntField()
    # Lines up to this one were routed before (or by an index that was lost): never again.
    silent_to = fields.BigIntField()
    studies = fields.BigIntField(default=0)
    instances = fields.BigIntField(default=0)

    class Meta:
        table = "archive_cursor"


class OpenRow(Model):
    """A study that was incomplete when a rebuild began, and what its rules had seen."""

    study_uid = fields.CharField(max_length=_UID, primary_key=True)
    planned_to = fields.BigIntField()

    class Meta:
        table = "archive_open"
