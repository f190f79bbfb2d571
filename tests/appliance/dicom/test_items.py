from __future__ import annotations

from pynetdicom.pdu_items import (
    AsynchronousOperationsWindowSubItem,
    ImplementationVersionNameSubItem,
    PresentationContextItemRQ,
    SCP_SCU_RoleSelectionSubItem,
    UserInformationItem,
)

from appliance.dicom import items
from appliance.dicom.items import ProposedContext, RoleSelection, UserInformation


def test_a_proposed_context_is_what_an_independent_codec_reads() -> None:
    raw = items.encode_proposed(ProposedContext(3, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",)))
    theirs = PresentationContextItemRQ()
    theirs.decode(raw)
    assert (theirs.context_id, theirs.abstract_syntax) == (3, "1.2.840.10008.1.1")
    assert theirs.transfer_syntax == ["1.2.840.10008.1.2"]
    assert theirs.encode() == raw


def test_user_information_is_what_an_independent_codec_reads() -> None:
    ours = UserInformation(
        16384, "1.2.3", "VERSION", (RoleSelection("1.2.4", scu=True, scp=False),), (1, 1)
    )
    raw = items.encode_user(ours)
    theirs = UserInformationItem()
    theirs.decode(raw)
    kinds = {type(item): item for item in theirs.user_data}
    assert theirs.encode() == raw
    assert theirs.maximum_length == 16384
    assert kinds[ImplementationVersionNameSubItem].implementation_version_name == "VERSION"
    window = kinds[AsynchronousOperationsWindowSubItem]
    assert window.maximum_number_operations_invoked == 1
    role = kinds[SCP_SCU_RoleSelectionSubItem]
    assert (role.uid, role.scu_role, role.scp_role) == ("1.2.4", 1, 0)
