"""Tells in time that a certificate ends."""

from __future__ import annotations

import logging

import trio

from appliance import clock
from appliance.certificates.cabinet import Cabinet
from appliance.certificates.model import Certificate, due, warning
from appliance.errors import ApplianceError
from appliance.journal.model import Severity
from appliance.journal.service import Journal

log = logging.getLogger(__name__)

_DAY = 24 * 3600.0


async def watch_certificates(
    cabinet: Cabinet, journal: Journal, now: clock.Clock = clock.now
) -> None:
    """Look once a day, for ever."""
    while True:
        for one in due(await trio.to_thread.run_sync(_listed, cabinet), now()):
            severity = Severity.ALARM if one.days_left(now()) <= 1 else Severity.WARNING
            journal.note(
                "certificate.ends", warning(one, now()), severity=severity, subject=one.file
            )
        await trio.sleep(_DAY)


def _listed(cabinet: Cabinet) -> list[Certificate]:
    try:
        return cabinet.listed()
    except ApplianceError as error:
        log.warning("the certificates cannot be looked through: %s", error)
        return []
