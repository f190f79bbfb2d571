"""The conformance statement of this very process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from pydicom.charset import python_encoding

from appliance.answers.overview import Running
from appliance.commitment.model import PUSH_MODEL
from appliance.conformance.document import statement
from appliance.conformance.model import FORMS, Facts, Peer, Resource, provided, used
from appliance.conformance.paper import html, markdown
from appliance.conformance.texts import LANGUAGES, Texts
from appliance.dicom import part10, statuses
from appliance.dicom.dimse import Operation
from appliance.dicom.items import APPLICATION_CONTEXT
from appliance.errors import BadRequest
from appliance.network import settings
from appliance.network.services import Provider
from appliance.network.settings import ListenerSettings, RequestorSettings
from appliance.nodes.model import Node
from appliance.nodes.service import Nodes
from appliance.pixels import model as pixels
from appliance.retrieval import model as retrieval
from appliance.transfers import classify
from appliance.worklist.finding import MODALITY_WORKLIST

Used = tuple[str, Iterable[str], Iterable[int]]  # name, SOP classes, command fields

# What the rooms ask others for; sending and C-ECHO come by themselves.
ASKED: tuple[Used, ...] = (
    ("find", (retrieval.FIND,), (Operation.C_FIND,)),
    ("move", (retrieval.MOVE,), (Operation.C_MOVE,)),
    ("get", (retrieval.GET,), (Operation.C_GET,)),
    ("commitment", (PUSH_MODEL,), (Operation.N_ACTION,)),
    ("worklist", (MODALITY_WORKLIST,), (Operation.C_FIND,)),
)

# Seconds of the listener and of the requestor, by their words.
_LISTENING = ("request_timeout", "idle_timeout", "answer_timeout", "max_age")
_CALLING = ("connect_timeout", "associate_timeout", "response_timeout", "release_timeout")


@dataclass(frozen=True)
class Conformance:
    """See `web.services.conformance.Conformance`."""

    running: Running
    listener: ListenerSettings
    nodes: Nodes
    providers: Sequence[Provider]
    used: Sequence[Used] = ASKED
    resources: Sequence[Resource] = ()

    async def statement(self, form: str, language: str) -> str:
        language = language or self.running.config.appliance.language
        if form not in FORMS or language not in LANGUAGES:
            raise BadRequest("a statement is markdown or html, in the language en or es")
        blocks = statement(self._facts(), Texts(language))
        return html(blocks, language) if form == "html" else markdown(blocks)

    def _facts(self) -> Facts:
        config, listener = self.running.config, self.listener
        syntaxes = sorted(listener.transfer_syntaxes or ())
        return Facts(
            product=config.appliance.name,
            version=self.running.version,
            title=config.dicom.ae_title,
            address=listener.address,
            port=self.running.port,
            secure_port=listener.secure_port,
            mutual=config.tls.mutual,
            web_port=config.web.port,
            implementation_class=settings.IMPLEMENTATION_CLASS_UID,
            implementation_version=settings.IMPLEMENTATION_VERSION_NAME,
            file_class=part10.IMPLEMENTATION_CLASS_UID,
            file_version=part10.IMPLEMENTATION_VERSION_NAME,
            services=(*provided(self.providers, syntaxes), *used(self.used)),
            limits=self._limits(),
            unknown_callers=config.dicom.unknown_callers,
            unknown_services=config.dicom.unknown_services,
            statuses=statuses.table(),
            understood=classify.table(),
            character_sets=tuple(sorted(one for one in python_encoding if one)),
            transcoded=pixels.TARGETS,
            transcoded_from=tuple(sorted(pixels.SOURCES)),
            resources=tuple(self.resources),
            peers=tuple(_peer(node) for node in self.nodes.list()),
        )

    def _limits(self) -> tuple[tuple[str, str], ...]:
        listener, dicom = self.listener, self.running.config.dicom
        return (
            ("context", APPLICATION_CONTEXT),
            ("max_pdu", f"{listener.max_pdu}"),
            ("max_associations", f"{listener.max_associations}"),
            ("max_per_peer", f"{listener.max_associations_per_peer}"),
            ("concurrent", f"{dicom.concurrent_tasks}"),
            ("asynchronous", "1"),
            ("largest", f"{int(dicom.max_object)} bytes"),
            *_seconds(listener, _LISTENING),
            *_seconds(RequestorSettings(), _CALLING),
        )


def _seconds(values: object, words: Sequence[str]) -> list[tuple[str, str]]:
    known = {one.name for one in fields(values)}  # type: ignore[arg-type]
    return [(word, f"{getattr(values, word):g} s") for word in words if word in known]


def _peer(node: Node) -> Peer:
    return Peer(
        name=node.name,
        ae_title=node.ae_title,
        address=f"{node.host}:{node.port}",
        tls=node.tls,
        services=node.services,
        accepted=node.accepted_syntaxes,
        sent=node.transfer_syntaxes,
        preferred=node.preferred_syntax,
        web=_without_secrets(node.url),
    )


def _without_secrets(url: str) -> str:
    """A URL without its user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if url else ""
