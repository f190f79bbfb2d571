from __future__ import annotations

import pytest
from pynetdicom import sop_class

from appliance.dicom import negotiation
from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.items import (
    AnsweredContext,
    ProposedContext,
    RoleSelection,
    UserInformation,
)
from appliance.dicom.negotiation import Context, Policy, is_storage
from appliance.dicom.pdu import AssociateReject, AssociateRequest

_CT = "1.2.840.10008.5.1.4.1.1.2"
_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_IMPLICIT, _EXPLICIT, _JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
_US = UserInformation(65536, "1.2.3", "US")
_STORAGE = {*sop_class._STORAGE_CLASSES.values(), *sop_class._NON_PATIENT_OBJECT_CLASSES.values()}
_SERVICES = {
    uid
    for classes in (
        sop_class._QR_CLASSES,
        sop_class._VERIFICATION_CLASSES,
        sop_class._BASIC_WORKLIST_CLASSES,
        sop_class._STORAGE_COMMITMENT_CLASSES,
        sop_class._PROCEDURE_STEP_CLASSES,
        sop_class._PRINT_MANAGEMENT_CLASSES,
        sop_class._UNIFIED_PROCEDURE_STEP_CLASSES,
        sop_class._MEDIA_CREATION_CLASSES,
        sop_class._RELEVANT_PATIENT_QUERY_CLASSES,
    )
    for uid in classes.values()
}


def _request(*contexts: ProposedContext, user: UserInformation = _US) -> AssociateRequest:
    return AssociateRequest("US", "THEM", contexts, user)


def _answers(request: AssociateRequest, syntaxes: set[str] | None = None) -> list[tuple[int, str]]:
    answer = negotiation.answer(request, Policy(is_storage, syntaxes), _US)
    return [(context.result, context.transfer_syntax) for context in answer.contexts]


@pytest.mark.parametrize("uid", sorted(_STORAGE))
def test_every_storage_class_is_stored(uid: str) -> None:
    assert is_storage(uid)


@pytest.mark.parametrize(
    "uid", ["1.2.840.113619.4.27", "1.3.12.2.1107.5.9.1", "1.2.840.10008.5.1.4.1.1.9999"]
)
def test_private_and_future_classes_are_stored(uid: str) -> None:
    assert is_storage(uid)


@pytest.mark.parametrize("uid", sorted(_SERVICES))
def test_other_services_are_not(uid: str) -> None:
    assert not is_storage(uid)


def test_the_first_allowed_transfer_syntax_wins() -> None:
    request = _request(ProposedContext(1, _CT, (_JPEG, _EXPLICIT, _IMPLICIT)))
    assert _answers(request) == [(0, _JPEG)]
    assert _answers(request, {_IMPLICIT, _EXPLICIT}) == [(0, _EXPLICIT)]
    assert _answers(request, {"1.2.3"}) == [(4, _JPEG)]


def test_each_context_is_judged_by_itself() -> None:
    request = _request(
        ProposedContext(1, _FIND, (_IMPLICIT,)),
        ProposedContext(3, _CT, ()),
        ProposedContext(5, "", (_IMPLICIT,)),
        ProposedContext(7, _CT, (_EXPLICIT,)),
    )
    assert _answers(request) == [(3, _IMPLICIT), (4, _IMPLICIT), (3, _IMPLICIT), (0, _EXPLICIT)]


def test_roles_and_windows_are_answered_when_asked_only() -> None:
    roles = (RoleSelection(_CT, scu=True, scp=True), RoleSelection(_FIND, scu=True, scp=False))
    context = ProposedContext(1, _CT, (_IMPLICIT,))
    asked = _request(context, user=UserInformation(0, "1", "", roles, (8, 8)))
    answer = negotiation.answer(asked, Policy(is_storage), _US)
    assert answer.user.roles == (RoleSelection(_CT, scu=True, scp=False),)
    assert answer.user.asynchronous_operations == (1, 1)
    plain = negotiation.answer(_request(context), Policy(is_storage), _US).user
    assert (plain.roles, plain.asynchronous_operations) == ((), None)
    assert (plain.maximum_length, plain.implementation_version_name) == (65536, "US")


def test_what_nobody_could_answer_is_rejected() -> None:
    assert negotiation.objection(_request()) is None
    other = AssociateRequest("", "", (), _US, application_context_name="1.2")
    assert negotiation.objection(other) == AssociateReject(1, 1, 2)
    version = AssociateRequest("", "", (), _US, protocol_version=2)
    assert negotiation.objection(version) == AssociateReject(1, 2, 2)


def test_proposals_are_numbered_by_odd_ids() -> None:
    contexts = negotiation.propose([(_CT, [_EXPLICIT])] * 128)
    assert [contexts[0].context_id, contexts[-1].context_id] == [1, 255]
    for number in (0, 129):
        with pytest.raises(ValueError, match="128"):
            negotiation.propose([(_CT, [_EXPLICIT])] * number)


def test_only_agreed_contexts_count() -> None:
    proposed = negotiation.propose([(_CT, [_EXPLICIT]), (_FIND, [_IMPLICIT])])
    answered = [AnsweredContext(1, 0, _EXPLICIT), AnsweredContext(3, 3, "")]
    assert negotiation.accepted(proposed, answered) == {1: Context(1, _CT, _EXPLICIT)}


@pytest.mark.parametrize(
    "answered", [AnsweredContext(9, 0, _EXPLICIT), AnsweredContext(1, 0, _JPEG)]
)
def test_accepting_what_was_not_proposed_is_the_peers_fault(answered: AnsweredContext) -> None:
    with pytest.raises(RemoteProtocolError):
        negotiation.accepted(negotiation.propose([(_CT, [_EXPLICIT])]), [answered])
