"""Puts the rooms together and runs them; nothing is decided here."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

import trio

from appliance import clock, pulse
from appliance.answers.nodes import Nodes as NodeAnswers
from appliance.answers.overview import Overview, Running
from appliance.answers.queue import Queue
from appliance.answers.rules import Rules
from appliance.answers.studies import Studies
from appliance.archive.planning import Planning
from appliance.archive.service import Archive
from appliance.config import Config
from appliance.database.door import Database, open_database
from appliance.intake.service import Intake
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.nodes.service import Nodes
from appliance.premises import open_store
from appliance.routing.service import Routing
from appliance.supervisor import Health, keep_running
from appliance.transfers.service import Transfers
from storage.volume import Volume
from web.app import build_operator, build_portal
from web.server import WebSettings, serve_operator, serve_portal
from web.services import Services

log = logging.getLogger(__name__)

# The event loop shares the interpreter with threads that hash and write. At Python's own 5 ms an
# answer would wait that long for its turn each time a thread computes.
_SWITCH_SECONDS = 0.0005


@dataclass(frozen=True)
class Rooms:
    """Everything that runs, wired together."""

    config: Config
    meter: Meter
    volume: Volume
    database: Database
    journal: Journal
    nodes: Nodes
    routing: Routing
    transfers: Transfers
    archive: Archive
    intake: Intake
