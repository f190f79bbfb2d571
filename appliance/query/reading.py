"""Reads the identifier of a question, beside the event loop when it is long."""

from __future__ import annotations

from functools import partial

import trio

from appliance.network.services import Dialogue
from appliance.query import identifier
from appliance.query.identifier import Identifier
from appliance.query.model import OF_CLASS

# A list of a thousand UIDs; decoding it takes some milliseconds.
_LONG = 64 << 10


async def read(dialogue: Dialogue) -> Identifier:
    """What the caller asks. Raises `Refused`."""
    syntax, model = dialogue.context.transfer_syntax, OF_CLASS[dialogue.context.abstract_syntax]
    work = partial(identifier.read, dialogue.dataset, syntax, model)
    return await trio.to_thread.run_sync(work) if len(dialogue.dataset) > _LONG else work()
