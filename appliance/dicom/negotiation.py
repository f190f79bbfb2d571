"""What of a proposal is accepted, and how an answer is read (PS3.8 §7.1.1, PS3.7 D.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TypeAlias

from pydicom._uid_dict import UID_dictionary

from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.items import (
    APPLICATION_CONTEXT,
    MOST_CONTEXTS,
    AnsweredContext,
    ExtendedNegotiation,
    ProposedContext,
    RoleSelection,
    UserInformation,
)
from appliance.dicom.pdu import AssociateAccept, AssociateReject, AssociateRequest

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
# What everything but objects may come in: questions, orders, reports.
UNCOMPRESSED = frozenset({IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, "1.2.840.10008.1.2.2"})
# Their names say storage, their service is another (PS3.4 Annexes H, J; Media Storage is PS3.10).
_STORAGE_IN_NAME_ONLY = {
    "1.2.840.10008.1.3.10",
    "1.2.840.10008.1.20.1",
    "1.2.840.10008.1.20.2",
    "1.2.840.10008.5.1.1.27",
}


class Result(IntEnum):
    """PS3.8 Table 9-18."""

    ACCEPTANCE = 0
    USER_REJECTION = 1
    NO_REASON = 2
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What we accept when called."""

    supports: Callable[[str], bool]  # by abstract syntax
    transfer_syntaxes: Set[str] | None = None  # of objects; None: every one
    # Whether we use a service of the caller's, and what we answer to extended negotiation.
    uses: Callable[[str], bool] = lambda uid: False
    extended: Callable[[str, bytes], bytes] = lambda uid, information: b""


Proposal: TypeAlias = tuple[str, Sequence[str]]  # abstract syntax, transfer syntaxes


@lru_cache(maxsize=4096)
def is_storage(uid: str) -> bool:
    """Whether objects may be stored under it: whatever is not known to be something else.

    Private SOP classes, and ones younger than our dictionary, are somebody's images too.
    """
    known = UID_dictionary.get(uid)
    if known is None:
        return True
    name, kind = known[0], known[1]
    return kind == "SOP Class" and "Storage" in name and uid not in _STORAGE_IN_NAME_ONLY


def objection(request: AssociateRequest) -> AssociateReject | None:
    """Why no association of ours could answer it, whoever calls (PS3.8 Table 9-21)."""
    if not request.protocol_version & 1:
        return AssociateReject(1, 2, 2)
    if request.application_context_name != APPLICATION_CONTEXT:
        return AssociateReject(1, 1, 2)
    return None


def answer(
    request: AssociateRequest, policy: Policy, ourselves: UserInformation
) -> AssociateAccept:
    """Accept each context by itself, in the first transfer syntax proposed that is allowed.

    The first one is what the sender holds or likes best: taking it, data comes as it is.
    """
    contexts = tuple(_judged(context, policy) for context in request.contexts)
    accepted = {
        proposed.abstract_syntax
        for proposed, answered in zip(request.contexts, contexts, strict=True)
        if answered.result == Result.ACCEPTANCE
    }
    user = UserInformation(
        ourselves.maximum_length,
        ourselves.implementation_class_uid,
        ourselves.implementation_version_name,
        tuple(_role(role, policy) for role in request.user.roles if role.sop_class_uid in accepted),
        # One operation at a time, whatever window was asked for (PS3.7 D.3.3.3).
        (1, 1) if request.user.asynchronous_operations else None,
        tuple(
            ExtendedNegotiation(one.sop_class_uid, answered)
            for one in request.user.extended
            if one.sop_class_uid in accepted
            and (answered := policy.extended(one.sop_class_uid, one.information))
        ),
    )
    return AssociateAccept(request.called_ae_title, request.calling_ae_title, contexts, user)


def propose(proposals: Sequence[Proposal]) -> tuple[ProposedContext, ...]:
    """Number the contexts; raises ValueError for more than a request can hold."""
    if not 0 < len(proposals) <= MOST_CONTEXTS:
        raise ValueError(f"An association proposes 1 to 128 contexts, not {len(proposals)}")
    return tuple(
        ProposedContext(2 * number + 1, abstract, tuple(syntaxes))
        for number, (abstract, syntaxes) in enumerate(proposals)
    )


def accepted(
    proposed: Sequence[ProposedContext], answered: Sequence[AnsweredContext]
) -> Mapping[int, Context]:
    """The contexts both sides agreed on, by ID.

    Raises RemoteProtocolError when the answer accepts what was not proposed.
    """
    offers = {context.context_id: context for context in proposed}
    contexts = {}
    for context in answered:
        if context.result != Result.ACCEPTANCE:
            continue
        offer = offers.get(context.context_id)
        if offer is None or context.transfer_syntax not in offer.transfer_syntaxes:
            raise RemoteProtocolError(
                f"Context {context.context_id} was accepted with what had not been proposed"
            )
        contexts[context.context_id] = Context(
            context.context_id, offer.abstract_syntax, context.transfer_syntax
        )
    return contexts


def _judged(context: ProposedContext, policy: Policy) -> AnsweredContext:
    first = context.transfer_syntaxes[0] if context.transfer_syntaxes else IMPLICIT_LITTLE_ENDIAN
    if not context.abstract_syntax or not policy.supports(context.abstract_syntax):
        return AnsweredContext(context.context_id, Result.ABSTRACT_SYNTAX_NOT_SUPPORTED, first)
    allowed = policy.transfer_syntaxes if is_storage(context.abstract_syntax) else UNCOMPRESSED
    for syntax in context.transfer_syntaxes:
        if allowed is None or syntax in allowed:
            return AnsweredContext(context.context_id, Result.ACCEPTANCE, syntax)
    return AnsweredContext(context.context_id, Result.TRANSFER_SYNTAXES_NOT_SUPPORTED, first)


def _role(role: RoleSelection, policy: Policy) -> RoleSelection:
    """The caller performs a service for us where we have a use for it, as in a C-GET."""
    return RoleSelection(role.sop_class_uid, role.scu, role.scp and policy.uses(role.sop_class_uid))
