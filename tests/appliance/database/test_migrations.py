"""The migrations lead to exactly the tables and indexes that the records describe."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import trio
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from appliance import clock
from appliance.archive.model import Patient
from appliance.archive.records import PatientRow
from appliance.archive.rows import patient_columns
from appliance.database.door import open_database
from appliance.database.schema import ROOMS, TORTOISE_ORM, _app, configuration, writer
from appliance.transfers import listing
from tests.appliance.transfers.tables import add, order

Shape = dict[str, tuple[frozenset[tuple[object, ...]], frozenset[tuple[bool, tuple[str, ...]]]]]


def _shape(path: Path) -> Shape:
    """Columns and indexes of each table, without the names that Tortoise makes up."""
    with sqlite3.connect(path) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            if not name.startswith(("sqlite_", "tortoise_"))
        ]
        return {
            table: (_columns(connection, table), _indexes(connection, table)) for table in tables
        }


def _columns(connection: sqlite3.Connection, table: str) -> frozenset[tuple[object, ...]]:
    rows = connection.execute(f"PRAGMA table_info('{table}')")
    same = {"INT": "INTEGER"}
    return frozenset(
        (name, same.get(kind, kind), required, key) for _, name, kind, required, _, key in rows
    )


def _indexes(connection: sqlite3.Connection, table: str) -> frozenset[tuple[bool, tuple[str, ...]]]:
    rows = list(connection.execute(f"PRAGMA index_list('{table}')"))
    return frozenset(
        (bool(unique), tuple(row[2] for row in connection.execute(f"PRAGMA index_info('{name}')")))
        for _, name, unique, origin, _ in rows
        if origin != "pk"
    )


async def _generate(path: Path) -> None:
    app = {"default_connection": "default"}
    apps = {room: {"models": [f"appliance.{room}.records"], **app} for room in ROOMS}
    async with TortoiseContext() as context:
        connections = {"default": f"sqlite://{path}"}
        await context.init(config={"connections": connections, "apps": apps})
        await context.generate_schemas()


def test_migrated_tables_are_those_of_the_records(tmp_path: Path) -> None:
    asyncio.run(_generate(tmp_path / "generated.sqlite"))

    async def migrate() -> None:
        async with open_database(f"sqlite:///{tmp_path}/migrated.sqlite"):
            pass

    trio.run(migrate)
    migrated, generated = (
        _shape(tmp_path / "migrated.sqlite"),
        _shape(tmp_path / "generated.sqlite"),
    )
    assert set(migrated) == set(generated)
    for table, shape in generated.items():
        assert migrated[table] == shape, table


def test_no_record_has_changed_without_a_migration(tmp_path: Path) -> None:
    tortoise = Path(sys.executable).parent / "tortoise"
    words = [str(tortoise), "-c", "appliance.database.schema.TORTOISE_ORM", "makemigrations"]
    assert TORTOISE_ORM["apps"]
    root = Path(__file__).parents[3]
    before = sorted((root / "appliance/database/migrations").rglob("*.py"))
    done = subprocess.run(words, capture_output=True, text=True, cwd=root)
    after = sorted((root / "appliance/database/migrations").rglob("*.py"))
    for path in set(after) - set(before):
        path.unlink()
    assert (done.returncode, after) == (0, before), done.stdout + done.stderr


async def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        async with open_database(f"sqlite:///{tmp_path}/index.sqlite"):
            pass
        shape = _shape(tmp_path / "index.sqlite")
    assert "archive_instance" in shape


async def test_a_database_of_before_gets_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    async with open_database(f"sqlite:///{path}") as database:
        await database.run(add, order(1, study="1.2"))
    now = _shape(path)
    with closing(sqlite3.connect(path)) as before, before:
        [(name,)] = before.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%\"closed\"%'"
        )
        before.execute(f"DROP INDEX {name}")
        for column in (
            "transfers_item.proof",
            "transfers_item.resends",
            "transfers_transfer.verified",
        ):
            before.execute("ALTER TABLE {} DROP COLUMN {}".format(*column.split(".")))
        before.execute(
            "DELETE FROM tortoise_migrations WHERE name IN ('0002_finished', '0003_proof')"
        )
    assert _shape(path) != now
    async with open_database(f"sqlite:///{path}") as database:
        [transfer] = await database.read(listing.queue, {}, 1, clock.now())
    assert (_shape(path), transfer.study_uid) == (now, "1.2")


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_migrations(room: str) -> None:
    folder = Path(__file__).parents[3] / "appliance/database/migrations" / room
    assert list(folder.glob("0001_*.py"))


_OLD_PATIENT = (
    "INSERT INTO archive_patient (patient_id, issuer, name, name_raw, name_folded, birth_date, sex)"
    " VALUES ('P1', '', '{}', '', 'x', '', '')"
)
_NAMES = "SELECT name, ideographic_folded, phonetic_folded, sounds FROM archive_patient ORDER BY id"


async def _as_of_the_first_migration(url: str, names: list[str]) -> None:
    async with TortoiseContext() as context:
        await context.init(config=configuration(url))
        connection = get_connection("default")
        await connection.create_connection(with_db=True)
        apps = {"archive": _app("archive")}
        await MigrationExecutor(connection, apps).migrate(
            [MigrationTarget("archive", "0001_initial")]
        )
        for name in names:
            await connection.execute_script(_OLD_PATIENT.format(name))


def test_an_index_with_patients_gets_their_names_by_group_and_sound(database_url: str) -> None:
    names = ["Doe^Jane", "Yamada^Tarou=山田^太郎=やまだ^たろう", ""]
    many = [*names, *(f"N{number}" for number in range(1000))]
    asyncio.run(_as_of_the_first_migration(database_url, many))

    async def rows() -> list[dict[str, object]]:
        return list(await writer().execute_query_dict(_NAMES))

    async def migrated() -> list[dict[str, object]]:
        async with open_database(database_url) as database:
            return await database.read(rows)

    found = [tuple(row.values()) for row in trio.run(migrated)]
    assert len(found) == 1003
    assert found[:3] == [
        (one.name, ideographic, phonetic, one.sounds)
        for one in (PatientRow(**patient_columns(Patient(name=name))) for name in names)
        for ideographic, phonetic in [(one.ideographic_folded, one.phonetic_folded)]
    ]
