"""C-MOVE and C-GET as the one who asks (PS3.4 §C.4.2, §C.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import trio
from pydicom.dataset import Dataset

from appliance.dicom import statuses
from appliance.dicom.dimse import Command, Element, Operation
from appliance.dicom.items import RoleSelection
from appliance.dicom.negotiation import Proposal
from appliance.network.errors import AssociationFailed
from appliance.network.inquiry import Inquiry, Response
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.services import Answer
from appliance.retrieval.model import GET, MOVE, Counts

Progress = Callable[[Counts], None]

UNCOMPRESSED = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
# In the order of how often archives hold them; each in a context of its own, so that what is
# compressed comes as it is kept.
_COMPRESSED = (
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.2",
)
_MOST_CONTEXTS = 126  # besides those for the questions themselves
_LAST_WORD = 2.0  # seconds for the archive to take our C-CANCEL
# Where the archive does not say which classes a study has.
USUAL_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.2",
    "1.2.840.10008.5.1.4.1.1.3.1",
    "1.2.840.10008.5.1.4.1.1.6.1",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.12.1",
    "1.2.840.10008.5.1.4.1.1.12.2",
    "1.2.840.10008.5.1.4.1.1.20",
    "1.2.840.10008.5.1.4.1.1.128",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.13.1.3",
    "1.2.840.10008.5.1.4.1.1.88.11",
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.67",
    "1.2.840.10008.5.1.4.1.1.104.1",
    "1.2.840.10008.5.1.4.1.1.11.1",
    "1.2.840.10008.5.1.4.1.1.66",
    "1.2.840.10008.5.1.4.1.1.481.1",
    "1.2.840.10008.5.1.4.1.1.481.2",
    "1.2.840.10008.5.1.4.1.1.481.3",
    "1.2.840.10008.5.1.4.1.1.481.5",
)


def proposal(classes: Iterable[str]) -> tuple[list[Proposal], list[RoleSelection]]:
    """Contexts for objects to come over our own association, and that we store them."""
    wanted = list(dict.fromkeys(classes))[:_MOST_CONTEXTS]
    contexts: list[Proposal] = [(sop_class, UNCOMPRESSED) for sop_class in wanted]
    for syntax in _COMPRESSED:
        if len(contexts) + len(wanted) > _MOST_CONTEXTS:
            break
        contexts += [(sop_class, (syntax,)) for sop_class in wanted]
    return contexts, [RoleSelection(sop_class, scu=False, scp=True) for sop_class in wanted]


async def move(
    association: OutgoingAssociation,
    orders: Sequence[Dataset],
    destination: str,
    progress: Progress,
) -> str:
    """C-MOVE to `destination`; what the archive complains of, "" for nothing."""
    values: dict[Element, int | str] = {
        Element.AFFECTED_SOP_CLASS_UID: MOVE,
        Element.MOVE_DESTINATION: destination,
    }
    return await _each(association, MOVE, Operation.C_MOVE, values, orders, progress)


async def get(
    association: OutgoingAssociation, orders: Sequence[Dataset], progress: Progress
) -> str:
    """C-GET; the association stores what comes. What the archive complains of."""
    values: dict[Element, int | str] = {Element.AFFECTED_SOP_CLASS_UID: GET}
    return await _each(association, GET, Operation.C_GET, values, orders, progress)


async def _each(
    association: OutgoingAssociation,
    sop_class: str,
    operation: Operation,
    values: dict[Element, int | str],
    orders: Sequence[Dataset],
    progress: Progress,
) -> str:
    complaints: list[str] = []
    for wanted in orders:
        inquiry = await association.ask(
            sop_class, operation, values | {Element.PRIORITY: 0}, wanted
        )
        response = await _last(inquiry, progress)
        progress(_counts(response.command))
        complaints.append(_complaint(response.answer, _counts(response.command)))
    return " ".join(dict.fromkeys(filter(None, complaints)))


async def _last(inquiry: Inquiry, progress: Progress) -> Response:
    """The last answer. An archive that is left before is told so, or it may send on and on."""
    try:
        while (response := await inquiry.next()).pending:
            progress(_counts(response.command))
    except trio.Cancelled:
        with trio.move_on_after(_LAST_WORD, shield=True), suppress(AssociationFailed):
            await inquiry.cancel()
        raise
    return response


def _counts(command: Command) -> Counts:
    return Counts(
        command.number(Element.REMAINING_SUB_OPERATIONS) or 0,
        command.number(Element.COMPLETED_SUB_OPERATIONS) or 0,
        command.number(Element.FAILED_SUB_OPERATIONS) or 0,
        command.number(Element.WARNING_SUB_OPERATIONS) or 0,
    )


def _complaint(answer: Answer, counts: Counts) -> str:
    """An archive may say success and mean otherwise: its own counts are read too."""
    said = f" ({answer.comment})" if answer.comment else ""
    if answer.status == 0xA801:
        return (
            "It does not know us as a destination: register our AE title, address and port "
            f"there.{said}"
        )
    if answer.status in (0xA701, 0xA702):
        return f"It could not send: {statuses.words(answer.status)}{said}. See its log."
    if answer.status != statuses.SUCCESS:
        return f"It ended with {statuses.words(answer.status)}{said}."
    if counts.failed:
        return f"It said success although {counts.failed} sub-operations failed{said}."
    return ""
