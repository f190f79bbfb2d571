"""Calls a remote system: association, C-ECHO, C-STORE.

    async with associate(remote, [(CT, [EXPLICIT])]) as association:
        answer = await association.store(outgoing)

Every failure is an AssociationFailed whose text says what to change on which side.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import trio

from appliance import clock
from appliance.dicom import dimse, negotiation, statuses
from appliance.dicom.dimse import Command, Element
from appliance.dicom.negotiation import Context, Proposal
from appliance.meter import Meter
from appliance.network import diagnosis
from appliance.network.call import Call
from appliance.network.dialling import dial, failure
from appliance.network.errors import AssociationFailed
from appliance.network.sending import Source
from appliance.network.services import Answer, AssociationReport, Outcome
from appliance.network.settings import Outgoing, Remote, RequestorSettings, Throttle

VERIFICATION: Proposal = (negotiation.VERIFICATION, (negotiation.IMPLICIT_LITTLE_ENDIAN,))

_OUTCOMES: dict[str, Outcome] = {
    "unknown_host": "refused",
    "refused_connection": "refused",
    "unreachable": "refused",
    "timeout": "timeout",
    "rejected_transient": "rejected",
    "rejected_permanent": "rejected",
    "no_context": "released",
    "aborted": "aborted",
    "broken": "broken",
    "tls": "not_dicom",
    "not_dicom": "not_dicom",
    "protocol": "aborted",
}
