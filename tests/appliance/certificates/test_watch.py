from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from appliance import clock
from appliance.certificates.cabinet import Cabinet
from appliance.certificates.watch import watch_certificates
from appliance.database.door import open_database
from appliance.journal.model import Severity
from appliance.journal.service import Journal


async def test_somebody_is_told_in_time(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path / "tls")
    await trio.to_thread.run_sync(cabinet.ensure, "Arca", ["localhost"])
    end = cabinet.listed()[0].not_after
    async with open_database(f"sqlite:///{tmp_path}/journal.sqlite") as database:
        journal = Journal(database)
        for left, severity in ((30, Severity.WARNING), (0, Severity.ALARM)):
            moment = end - timedelta(days=left, hours=-1) + timedelta(hours=-2)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch_certificates, cabinet, journal, lambda: moment)  # noqa: B023
                await wait_all_tasks_blocked(0.2)  # the cabinet is read in a thread
                events = await journal.latest(severity=severity)
                nursery.cancel_scope.cancel()
            assert events[0].kind == "certificate.ends"
            assert "certificate renew" in events[0].text


async def test_files_that_are_none_do_not_end_the_watch(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    (tmp_path / "dicom.pem").write_bytes(b"rubbish")
    async with open_database(f"sqlite:///{tmp_path}/journal.sqlite") as database:
        with trio.move_on_after(3 * 24 * 3600) as scope:
            await watch_certificates(Cabinet(tmp_path), Journal(database), clock.now)
        assert scope.cancelled_caught
