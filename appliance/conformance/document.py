"""The statement as headings, paragraphs and tables, in the order of PS3.2 Annex N."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from appliance.conformance.model import STORAGE, Facts, Peer, Service, name_of, transfer_syntaxes
from appliance.conformance.texts import Texts


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 is the title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain cells below their titles."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = Heading | Paragraph | Table


def statement(facts: Facts, texts: Texts) -> tuple[Block, ...]:
    """The whole document."""
    return tuple(_blocks(facts, texts))


def _blocks(facts: Facts, texts: Texts) -> Iterator[Block]:
    yield Heading(1, texts("title"))
    yield Paragraph(texts("made", facts.product, facts.version, facts.title))
    yield from _overview(facts, texts)
    yield from _specifications(facts, texts)
    yield from _network(facts, texts)
    yield from _statuses(facts, texts)
    yield from _web(facts, texts)
    yield Heading(2, texts("media_title"))
    yield Paragraph(texts("media_none"))
    yield Heading(2, texts("characters"))
    yield Paragraph(f"{texts('characters_text')} {', '.join(facts.character_sets)}")
    yield from _security(facts, texts)


def _overview(facts: Facts, texts: Texts) -> Iterator[Block]:
    yield Heading(2, texts("overview"))
    yield Paragraph(texts("overview_text"))
    titles = ("service", "role", "sop_classes", "operations", "syntaxes")
    yield Table(
        tuple(map(texts, titles)),
        tuple(
            (
                one.name,
                one.role,
                str(len(one.sop_classes)),
                ", ".join(one.operations),
                ", ".join(map(name_of, one.transfer_syntaxes)) or texts("every"),
            )
            for one in facts.services
        ),
    )


def _specifications(facts: Facts, texts: Texts) -> Iterator[Block]:
    yield Heading(2, texts("specifications"))
    yield Heading(3, texts("policies"))
    yield Table(
        (texts("limit"), texts("value")),
        (
            *((texts(word), value) for word, value in facts.limits),
            (texts("implementation_class"), facts.implementation_class),
            (texts("implementation_version"), facts.implementation_version),
            (texts("file_class"), facts.file_class),
            (texts("file_version"), facts.file_version),
            (texts("unknown_callers"), facts.unknown_callers),
            (texts("unknown_services"), ", ".join(facts.unknown_services) or texts("no")),
        ),
    )
    for service in facts.services:
        yield from _service(service, texts)
    yield Heading(3, texts("transcoding"))
    yield Paragraph(texts("transcoding_text"))
    yield _uids(texts, facts.transcoded_from, "from")
    yield _uids(texts, facts.transcoded, "to")


def _service(service: Service, texts: Texts) -> Iterator[Block]:
    yield Heading(3, texts("details", service.name, service.role))
    if service.name == STORAGE:
        yield Paragraph(texts("storage_text"))
    yield _uids(texts, service.sop_classes, "name")
    yield _uids(texts, service.transfer_syntaxes or transfer_syntaxes(), "syntaxes")


def _uids(texts: Texts, uids: tuple[str, ...], title: str) -> Table:
    return Table((texts(title), texts("uid")), tuple((name_of(uid), uid) for uid in uids))


def _network(facts: Facts, texts: Texts) -> Iterator[Block]:
    yield Heading(2, texts("network"))
    yield Paragraph(texts("network_text"))
    secure = str(facts.secure_port) if facts.secure_port is not None else texts("off")
    yield Table(
        (texts("limit"), texts("value")),
        (
            (texts("title_ae"), facts.title),
            (texts("address"), facts.address),
            (texts("port"), str(facts.port)),
            (texts("secure_port"), secure),
            (texts("web_port"), str(facts.web_port)),
        ),
    )
    yield Heading(3, texts("nodes"))
    if not facts.peers:
        yield Paragraph(texts("no_nodes"))
        return
    titles = ("name", "title_ae", "address", "TLS", "service", "accepted", "sent", "web")
    yield Table(tuple(map(texts, titles)), tuple(_peer(one, texts) for one in facts.peers))


def _peer(peer: Peer, texts: Texts) -> tuple[str, ...]:
    sent = ", ".join(map(name_of, peer.sent)) or texts("as_stored")
    if peer.preferred:
        sent += f" ({texts('preferred')}: {name_of(peer.preferred)})"
    return (
        peer.name,
        peer.ae_title,
        peer.address,
        texts("yes" if peer.tls else "no"),
        ", ".join(peer.services) or texts("all"),
        ", ".join(map(name_of, peer.accepted)) or texts("every"),
        sent,
        peer.web or texts("no"),
    )


def _statuses(facts: Facts, texts: Texts) -> Iterator[Block]:
    yield Heading(2, texts("statuses"))
    titles = tuple(map(texts, ("code", "category", "meaning")))
    yield Heading(3, texts("answered"))
    rows = ((f"{code:04X}", category, words) for code, category, words in facts.statuses)
    yield Table(titles, tuple(rows))
    yield Heading(3, texts("understood"))
    yield Table(titles, facts.understood)


def _web(facts: Facts, texts: Texts) -> Iterator[Block]:
    yield Heading(2, texts("web"))
    if not facts.resources:
        yield Paragraph(texts("web_none"))
        return
    yield Table(
        tuple(map(texts, ("method", "path", "name", "media"))),
        tuple((one.method, one.path, one.name, one.media) for one in facts.resources),
    )


def _security(facts: Facts, texts: Texts) -> Iterator[Block]:
    yield Heading(2, texts("security"))
    yield Paragraph(texts("security_text"))
    secure = str(facts.secure_port) if facts.secure_port is not None else texts("off")
    mutual = texts("yes" if facts.mutual else "no")
    rows = ((texts("secure_port"), secure), (texts("mutual"), mutual))
    yield Table((texts("limit"), texts("value")), rows)
