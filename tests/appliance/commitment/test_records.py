"""The tables are those of the migrations: see the tests of the database."""

from __future__ import annotations

from tortoise.indexes import Index

from appliance.commitment.records import InquiryRow, RequestRow


def test_what_is_looked_for_has_an_index() -> None:
    for row, fields in ((RequestRow, ("stage", "next_try")), (InquiryRow, ("step", "next_try"))):
        indexes = {tuple(index.fields) for index in row._meta.indexes if isinstance(index, Index)}
        assert indexes == {("transaction_uid",), fields}
