"""What a conformance statement is made of: facts, gathered from the code and the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pydicom._uid_dict import UID_dictionary

from appliance.dicom import negotiation
from appliance.dicom.dimse import Operation
from appliance.network.services import Provider

Role: TypeAlias = Literal["SCU", "SCP"]
Form: TypeAlias = Literal["markdown", "html"]
FORMS: tuple[Form, ...] = ("markdown", "html")

VERIFICATION, STORAGE = "verification", "store"
_NAMELESS = "-"


@dataclass(frozen=True, slots=True)
class Service:
    """What is offered or used over associations."""

    name: str
    role: Role
    sop_classes: tuple[str, ...]
    operations: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]  # empty: every one


@dataclass(frozen=True, slots=True)
class Peer:
    """A registered node, without what is nobody's business."""

    name: str
    ae_title: str
    address: str
    tls: bool
    services: tuple[str, ...]  # what it may use; empty: all
    accepted: tuple[str, ...]  # what it may send; empty: what everybody may
    sent: tuple[str, ...]  # what it is sent; empty: as stored
    preferred: str
    web: str  # the address of its DICOMweb services; "": none


@dataclass(frozen=True, slots=True)
class Resource:
    """One DICOMweb transaction."""

    method: str
    path: str
    name: str
    media: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. Sizes are bytes, times seconds."""

    product: str
    version: str
    title: str
    address: str
    port: int
    secure_port: int | None
    mutual: bool
    web_port: int
    implementation_class: str
    implementation_version: str
    file_class: str
    file_version: str
    services: tuple[Service, ...]
    limits: tuple[tuple[str, str], ...]  # word of `texts`, value
    unknown_callers: str
    unknown_services: tuple[str, ...]
    statuses: tuple[tuple[int, str, str], ...]  # code, category, meaning: what we answer
    understood: tuple[tuple[str, str, str], ...]  # codes, category, meaning: what we are answered
    character_sets: tuple[str, ...]
    transcoded: tuple[str, ...]  # transfer syntaxes that are made
    transcoded_from: tuple[str, ...]
    resources: tuple[Resource, ...] = ()
    peers: tuple[Peer, ...] = field(default=())


def provided(
    providers: Sequence[Provider], transfer_syntaxes: Sequence[str]
) -> tuple[Service, ...]:
    """Everything that callers may ask for; `transfer_syntaxes` of objects, empty for all."""
    own = (
        Service(VERIFICATION, "SCP", (negotiation.VERIFICATION,), ("C-ECHO",), _plain()),
        Service(STORAGE, "SCP", storage_classes(), ("C-STORE",), tuple(transfer_syntaxes)),
    )
    return (*own, *(_service(one) for one in providers))


def used(services: Iterable[tuple[str, Iterable[str], Iterable[int]]]) -> tuple[Service, ...]:
    """What we ask of others: name, SOP classes, command fields."""
    own = (
        Service(VERIFICATION, "SCU", (negotiation.VERIFICATION,), ("C-ECHO",), _plain()),
        Service(STORAGE, "SCU", storage_classes(), ("C-STORE",), ()),
    )
    others = (
        Service(name, "SCU", tuple(sorted(classes)), operations(fields), _plain())
        for name, classes, fields in services
    )
    return (*own, *others)


def _service(provider: Provider) -> Service:
    classes = tuple(sorted(provider.sop_classes))
    return Service(provider.name, "SCP", classes, operations(provider.operations), _plain())


def operations(fields: Iterable[int]) -> tuple[str, ...]:
    """Command fields as the standard writes them."""
    return tuple(Operation(one).name.replace("_", "-") for one in sorted(fields))


def _plain() -> tuple[str, ...]:
    return tuple(sorted(negotiation.UNCOMPRESSED))


def storage_classes() -> tuple[str, ...]:
    """Every storage SOP class that the dictionary knows."""
    return tuple(uid for uid in UID_dictionary if negotiation.is_storage(uid))


def transfer_syntaxes() -> tuple[str, ...]:
    """Every transfer syntax that the dictionary knows."""
    return tuple(uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax")


def name_of(uid: str) -> str:
    """A UID's name in PS3.6; a dash when it has none."""
    return str(UID_dictionary[uid][0]) if uid in UID_dictionary else _NAMELESS
