from __future__ import annotations

import pytest
from pynetdicom.status import GENERAL_STATUS, STORAGE_SERVICE_CLASS_STATUS, code_to_category

from appliance.dicom import statuses

_NAMES = {
    "Success": "success",
    "Warning": "warning",
    "Failure": "failure",
    "Cancel": "cancel",
    "Pending": "pending",
}


@pytest.mark.parametrize("status", sorted({*GENERAL_STATUS, *STORAGE_SERVICE_CLASS_STATUS}))
def test_each_category_is_what_an_independent_table_says(status: int) -> None:
    assert statuses.category(status) == _NAMES[code_to_category(status)]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0x0000, "stored (0000H)"),
        (0xA701, "out of resources (A701H)"),
        (0xA900, "the data set does not match its SOP class (A900H)"),
        (0xC123, "cannot understand (C123H)"),
        (0xFE00, "cancel (FE00H)"),
        (0x0999, "failure (0999H)"),
    ],
)
def test_words_name_the_meaning_and_the_code(status: int, words: str) -> None:
    assert statuses.words(status) == words


def test_the_table_for_people() -> None:
    rows = statuses.table()
    assert (0x0000, "success", "stored") in rows
    assert (0xA700, "failure", "out of resources") in rows
    assert (0xFF00, "pending", "pending") in rows
    assert [code for code, _, _ in rows] == sorted(code for code, _, _ in rows)
