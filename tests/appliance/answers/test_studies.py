"""Studies: found, sent, taken in."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
import trio

from appliance.rooms import Rooms
from storage.store import Buffer
from storage.system import System
from tests.appliance.answers.conftest import answers, rooms_on
from tests.appliance.running import configured, picture
from web.forms import NodeForm
from web.services.bundle import Services
from web.services.studies import ImportProgress


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    """Images of a study, one of them twice, and what is no image."""
    folder = tmp_path / "medium"
    (folder / "below").mkdir(parents=True)
    for number in range(24):
        picture(f"1.2.9.{number}", "1.2.9").save(folder / "below" / f"{number:02}.dcm")
    picture("1.2.9.7", "1.2.9").save(folder / "again.dcm")
    (folder / "readme.txt").write_text("not an image")
    return folder


async def _import(services: Services, path: Path) -> list[ImportProgress]:
    async with aclosing(services.studies.import_path(path)) as reports:
        return [one async for one in reports]


# Finding.


async def test_more_studies_than_a_page_are_found(rooms: Rooms) -> None:
    for number in range(1100):
        incoming = rooms.volume.receive(str(number).encode())
        incoming.commit(f"1.2.{number}", f"1.3.{number}", {})
    rooms.archive.news()
    with trio.fail_after(20):
        await rooms.archive.until_indexed(rooms.volume.last())
    studies = answers(rooms).studies
    assert len({one.study_uid for one in await studies.find("", None)}) == 1100
    assert len(await studies.find("", 1050)) == 1050
    assert len(await studies.find("1.3.10", None)) == 111  # itself, 100 to 109, 1000 to 1099


async def test_a_search_takes_no_offence_at_blanks(services: Services) -> None:
    assert [one.study_uid for one in await services.studies.find(" 1.2.3\n", None)] == ["1.2.3"]


async def test_what_is_shown_of_a_study(services: Services) -> None:
    [jane] = await services.studies.find("doe", None)
    assert (jane.instances, jane.complete, jane.description) == (3, False, "e+1")


async def test_a_date_that_is_none_is_left_out(rooms: Rooms, tmp_path: Path) -> None:
    odd = picture("1.2.7", "1.2.7", StudyDate="")
    await rooms.intake.import_file(odd.save(tmp_path / "odd.dcm"))
    with trio.fail_after(20):
        await rooms.archive.until_indexed(2)
    [found] = await answers(rooms).studies.find("", None)
    assert found.study_date == ""


# Sending.


async def test_a_person_does_not_like_to_wait(services: Services) -> None:
    await services.nodes.add(NodeForm("PACS", "PACS", "127.0.0.1", 11))
    await services.queue.pause("PACS")
    assert (await services.studies.send("1.2.3", "PACS", None)).priority > 0
    assert (await services.studies.send("1.2.4", "PACS", -3)).priority == -3


# Taking in.


async def test_an_import_tells_how_far_it_is(rooms: Rooms, medium: Path) -> None:
    services = answers(rooms)
    *steps, last = await _import(services, medium)
    assert [one.files for one in steps] == list(range(1, 27))
    assert (last.stored, last.duplicates, last.ignored, last.failed) == (24, 1, 1, 0)
    assert (last.done, last.error, last.current) == (True, "", "")
    stored = sum(path.stat().st_size for path in (medium / "below").iterdir())
    assert abs(last.bytes - stored) < 26 * 1024
    with trio.fail_after(20):
        await rooms.archive.until_indexed(25)
    assert [one.instances for one in await services.studies.find("1.2.9", None)] == [24]
    *_, again = await _import(services, medium)
    assert (again.stored, again.duplicates, again.bytes) == (0, 25, 0)


async def test_a_file_that_is_too_large_is_told_and_the_rest_comes_in(
    tmp_path: Path, empty_database: Path, medium: Path
) -> None:
    picture("1.2.10", Rows=1024, Columns=1024, PixelData=bytes(2 << 20)).save(medium / "big.dcm")
    config = configured(tmp_path, empty_database, dicom={"max_object": 1 << 20})
    async with rooms_on(config, System(sync=False)) as rooms:
        reports = await _import(answers(rooms), medium)
    [wrong] = [one for one in reports if one.error]
    assert (wrong.current, wrong.error) == (f"{medium}/big.dcm", "it is larger than allowed")
    assert (reports[-1].stored, reports[-1].failed) == (24, 1)


class Disk(System):
    """Has room for so many bytes above what the store keeps free."""

    def __init__(self, room: int) -> None:
        super().__init__(sync=False)
        self.room = room

    def write(self, descriptor: int, buffers: Sequence[Buffer]) -> int:
        written = super().write(descriptor, buffers)
        self.room -= written
        return written

    def free(self, path: str) -> tuple[int, int]:
        return 1 << 40, max(0, _WATERMARK + self.room)


_WATERMARK = 1 << 20


async def test_an_import_that_meets_a_full_store_tells_what_came_in_and_why_it_ended(
    tmp_path: Path, empty_database: Path, medium: Path
) -> None:
    config = configured(tmp_path, empty_database, storage={"low_watermark": _WATERMARK})
    disk = Disk(100_000)
    async with rooms_on(config, disk) as rooms:
        services = answers(rooms)
        *_, last = await _import(services, medium)
        assert last.done
        assert "MiB kept free. Make room" in last.error
        assert last.current == str(medium)
        assert 0 < last.stored < 24
        assert last.stored == rooms.volume.last() - 1
        disk.room = 1 << 30
        *_, rest = await _import(services, medium)
        assert (rest.stored + last.stored, rest.error) == (24, "")
        assert rest.duplicates == last.stored + 1


async def test_an_import_of_what_is_not_there(rooms: Rooms, tmp_path: Path) -> None:
    [last] = await _import(answers(rooms), tmp_path / "missing")
    assert (last.files, last.done) == (0, True)
    assert last.error.endswith(f"No such file or directory: {tmp_path}/missing")


async def test_an_import_may_be_left_at_any_time(rooms: Rooms, medium: Path) -> None:
    async with aclosing(answers(rooms).studies.import_path(medium)) as reports:
        async for one in reports:
            assert one.files == 1
            break
    assert 1 < rooms.volume.last() < 25
