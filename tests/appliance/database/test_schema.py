"""Where the database is, said as Tortoise wants it."""

from __future__ import annotations

import pytest

from appliance.database.schema import ROOMS, configuration
from appliance.errors import ConfigError


def test_sqlite_is_durable_and_has_a_connection_that_only_reads() -> None:
    connections = configuration("sqlite:////data/index.sqlite")["connections"]
    writer, reader = connections["default"]["credentials"], connections["reader"]["credentials"]
    assert writer["file_path"] == reader["file_path"] == "/data/index.sqlite"
    assert (writer["journal_mode"], writer["synchronous"]) == ("WAL", "FULL")
    assert (writer.get("query_only"), reader["query_only"]) == (None, "ON")


def test_postgres_takes_its_parts_from_the_url() -> None:
    connections = configuration("postgres://me:se%20cret@box:5433/index")["connections"]
    credentials = connections["default"]["credentials"]
    assert (credentials["user"], credentials["password"]) == ("me", "se cret")
    assert (credentials["host"], credentials["port"], credentials["database"]) == (
        "box",
        5433,
        "index",
    )


@pytest.mark.parametrize("url", ["mysql://a/b", "nonsense", ""])
def test_other_databases_are_refused_in_words(url: str) -> None:
    with pytest.raises(ConfigError, match=r"\[database\] url"):
        configuration(url)


def test_every_room_with_tables_is_listed() -> None:
    assert set(configuration("sqlite:///x")["apps"]) == set(ROOMS)
