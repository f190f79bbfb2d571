"""What runs, in which order it starts, and in which order it stops."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib.metadata import version

import trio

from appliance import clock, pulse
from appliance.alarm import StoreWatch
from appliance.answers.commitment import Commitments
from appliance.answers.dicomweb import dicomweb_of
from appliance.answers.nodes import Nodes
from appliance.answers.overview import Overview, Running
from appliance.answers.queue import Queue
from appliance.answers.retrieval import Retrieval
from appliance.answers.rules import Rules
from appliance.answers.statement import Conformance
from appliance.answers.studies import Studies
from appliance.answers.tokens import Tokens
from appliance.answers.worklist import Worklist
from appliance.certificates.watch import watch_certificates
from appliance.config import Config
from appliance.conformance.model import Resource
from appliance.network.listener import listen
from appliance.network.secure import Security
from appliance.network.services import Services as DicomServices
from appliance.network.settings import ListenerSettings
from appliance.rooms import Rooms
from appliance.scrubbing import scrub_for_ever
from appliance.supervisor import Health, Part
from appliance.trimming import trim_daily
from web.app import build_operator, build_portal
from web.dicomweb.capabilities import RESOURCES
from web.server import WebSettings, serve_operator, serve_portal
from web.services.bundle import Services

log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Process:
    """The parts of a running appliance."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._config = rooms.config
        self._health = Health()
        self._watch = StoreWatch(rooms.volume, rooms.journal)
        self._stop = trio.Event()  # somebody wants us to end
        self._deaf = trio.Event()  # nobody is listened to any more
        self._closed = trio.Event()  # the doors close
        self._started = clock.now()

    async def run(self, task_status: trio.TaskStatus[int]) -> None:
        """Until a signal or a cancellation; starts with the DICOM port.

        The listener and the doors must open, or the start fails. What runs behind them is
        supervised: reception depends on none of it.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._until_signal)
            behind = self._behind()
            for part in behind:
                nursery.start_soon(part.run)
            listening = trio.CancelScope()
            port = await nursery.start(self._listen, listening)
            services = self._services(port, behind)
            await self._open_doors(nursery, services)
            # What was built so far stays: the collector need not walk it again.
            gc.freeze()
            log.info("ready: %s on port %d", self._config.dicom.ae_title, port)
            task_status.started(port)
            await self._stop.wait()
            log.info("stopping")
            await self._end(listening, behind)
            nursery.cancel_scope.cancel()

    def _behind(self) -> list[Part]:
        rooms = self._rooms
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "index": rooms.archive.follow,
            "queue": rooms.transfers.run,
            "commitment": rooms.commitment.run,
            "nodes": rooms.nodes.run,
            "worklist": rooms.worklist.run,
            "scrub": partial(scrub_for_ever, rooms.volume, rooms.journal, self._config),
            "store alarm": self._watch.run,
            "certificates": partial(watch_certificates, rooms.cabinet, rooms.journal),
            "trimming": partial(
                trim_daily, rooms.journal.trim, rooms.transfers.trim, rooms.worklist.trim
            ),
            "pulse": partial(pulse.watch, rooms.meter),
            "heartbeat": rooms.journal.beat,
            "journal": rooms.journal.run,
        }
        return [Part(name, job, self._health) for name, job in jobs.items()]

    async def _listen(
        self,
        listening: trio.CancelScope,
        *,
        task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """The listener, until it has ended in its own grace; starts with its port."""
        rooms = self._rooms
        try:
            async with trio.open_nursery() as nursery:
                with listening:
                    addresses = await nursery.start(
                        partial(listen, security=self._security()),
                        _listener_settings(self._config),
                        self._dicom(),
                        rooms.meter,
                    )
                    task_status.started(addresses[0][1])
                    await trio.sleep_forever()
                nursery.cancel_scope.cancel()
        finally:
            self._deaf.set()

    def _dicom(self) -> DicomServices:
        """What callers may ask for, and who answers."""
        rooms = self._rooms
        return DicomServices(
            rooms.nodes.admit,
            rooms.intake.store,
            rooms.nodes.note_report,
            providers=(
                *rooms.query.providers,
                *rooms.worklist.providers,
                rooms.commitment.provider,
            ),
        )

    def _security(self) -> Security | None:
        return self._rooms.security if self._config.tls.listen else None

    async def _open_doors(self, nursery: trio.Nursery, services: Services) -> None:
        config = self._config
        operator = partial(serve_operator, path=config.control.socket, stop=self._closed)
        await nursery.start(operator, build_operator(services))
        portal = partial(serve_portal, clock=clock.now, stop=self._closed)
        app = build_portal(
            services, language=config.appliance.language, dicomweb=dicomweb_of(self._rooms)
        )
        web = await nursery.start(portal, app, _web_settings(config))
        log.info("status page on port %d", web)

    def _services(self, port: int, behind: Sequence[Part]) -> Services:
        rooms = self._rooms
        names = tuple(part.name for part in behind)
        running = Running(self._config, version("arca"), port, self._started, names)
        nodes = Nodes(rooms.nodes, rooms.transfers)
        overview = Overview(
            running,
            self._health,
            rooms.meter,
            rooms.volume,
            self._watch,
            rooms.archive,
            rooms.transfers,
            rooms.nodes,
            rooms.routing,
            rooms.journal,
        )
        return Services(
            overview,
            Studies(rooms.archive, rooms.transfers, rooms.intake),
            nodes,
            Rules(rooms.routing, rooms.archive),
            Queue(rooms.transfers, nodes),
            Retrieval(rooms.nodes, rooms.retrieval, rooms.archive),
            Worklist(rooms.worklist, rooms.nodes),
            Commitments(rooms.commitment),
            Tokens(rooms.access),
            self._conformance(running),
        )

    def _conformance(self, running: Running) -> Conformance:
        return Conformance(
            running,
            _listener_settings(self._config),
            self._rooms.nodes,
            self._dicom().providers,
            resources=tuple(
                Resource(method, path, name, media) for path, method, name, media in RESOURCES
            ),
        )

    async def _end(self, listening: trio.CancelScope, behind: Sequence[Part]) -> None:
        """No more callers first; the journal, which writes down the rest, last."""
        with trio.CancelScope(shield=True):
            listening.cancel()
            await self._deaf.wait()
            self._closed.set()
            for part in behind:
                await part.stop()

    async def _until_signal(self) -> None:
        """The first signal ends gracefully.

        A second one meets the system's own handler and ends the process at once: what was
        acknowledged is safe in any case.
        """
        with trio.open_signal_receiver(*_SIGNALS) as signals:
            await anext(aiter(signals))
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            self._stop.set()
            await trio.sleep_forever()


def _listener_settings(config: Config) -> ListenerSettings:
    dicom = config.dicom
    return ListenerSettings(
        address=dicom.address,
        port=dicom.port,
        secure_port=config.tls.port if config.tls.listen else None,
        transfer_syntaxes=frozenset(dicom.transfer_syntaxes) or None,
        max_pdu=dicom.max_pdu,
        max_associations=dicom.max_associations,
        max_associations_per_peer=dicom.max_associations_per_peer,
        idle_timeout=dicom.idle_seconds,
    )


def _web_settings(config: Config) -> WebSettings:
    web, home = config.web, config.appliance.home
    return WebSettings(
        address=web.address,
        port=web.port,
        certificate=web.certificate,
        key=web.key,
        own_certificate=web.certificate.is_relative_to(home / "web"),
    )
