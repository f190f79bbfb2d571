"""Names are searched group by group and by their sound; existing rows get what new ones have."""

import re
import unicodedata

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

_PAGE = 1000
_COLUMNS = ("ideographic_folded", "phonetic_folded", "sounds")
_DIGITS = {
    **dict.fromkeys("bfpv", "1"),
    **dict.fromkeys("cgjkqsxz", "2"),
    **dict.fromkeys("dt", "3"),
    "l": "4",
    **dict.fromkeys("mn", "5"),
    "r": "6",
}
# PostgreSQL finds the beginning of a text only in an index that compares bytes.
_BEGINNINGS = (
    ("archive_patient", "name_folded"),
    ("archive_patient", "ideographic_folded"),
    ("archive_patient", "phonetic_folded"),
    ("archive_patient", "patient_id"),
    ("archive_study", "accession_number"),
    ("archive_study", "study_id"),
    ("archive_study", "referring_folded"),
)


def _folded(text):
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(re.split(r"[\s^=,.]+", letters)).strip()


def _sound(word):
    letters = re.sub(r"[^\w]", "", word)
    if not re.fullmatch("[a-z]+", letters):
        return ""
    code, last = letters[0], _DIGITS.get(letters[0], "")
    for letter in letters[1:]:
        digit = _DIGITS.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "hw":
            last = digit
    return f"{code:0<4}"[:4]


def _columns(name):
    groups = [*name.split("="), "", "", ""]
    codes = sorted({code for word in _folded(name).split() if (code := _sound(word))})
    sounds = f" {' '.join(codes)} " if codes else ""
    return [_folded(groups[1])[:255], _folded(groups[2])[:255], sounds[:255]]


async def _fill(apps, editor):
    postgres = editor.client.capabilities.dialect == "postgres"
    marks = ["$1", "$2", "$3", "$4"] if postgres else ["?"] * 4
    changes = ", ".join(f"{column} = {mark}" for column, mark in zip(_COLUMNS, marks))
    update = f"UPDATE archive_patient SET {changes} WHERE id = {marks[3]}"
    select = f"SELECT id, name FROM archive_patient WHERE id > {marks[0]} ORDER BY id LIMIT {_PAGE}"
    last = 0
    while rows := await editor.client.execute_query_dict(select, [last]):
        await editor.client.execute_many(update, [[*_columns(r["name"]), r["id"]] for r in rows])
        last = rows[-1]["id"]


async def _index_beginnings(apps, editor):
    if editor.client.capabilities.dialect != "postgres":
        return
    for table, column in _BEGINNINGS:
        await editor.client.execute_script(
            f"CREATE INDEX {table}_{column}_begin ON {table} ({column} varchar_pattern_ops)"
        )


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(
            model_name="PatientRow",
            name="ideographic_folded",
            field=fields.CharField(default="", db_default="", max_length=255),
        ),
        ops.AddField(
            model_name="PatientRow",
            name="phonetic_folded",
            field=fields.CharField(default="", db_default="", max_length=255),
        ),
        ops.AddField(
            model_name="PatientRow",
            name="sounds",
            field=fields.CharField(default="", db_default="", max_length=255),
        ),
        ops.AddIndex(model_name="PatientRow", index=Index(fields=["ideographic_folded"])),
        ops.AddIndex(model_name="PatientRow", index=Index(fields=["phonetic_folded"])),
        ops.AddIndex(model_name="PatientRow", index=Index(fields=["birth_date"])),
        ops.AddIndex(model_name="StudyRow", index=Index(fields=["study_id"])),
        ops.RunPython(_fill),
        ops.RunPython(_index_beginnings),
    ]
