"""Facts to make statements of."""

from __future__ import annotations

from dataclasses import replace

from appliance.conformance.model import Facts, Peer, Resource, provided, used
from appliance.dicom.dimse import Operation
from appliance.network.services import Dialogue, Provider

FIND = "1.2.840.10008.5.1.4.1.2.2.1"


async def nothing(dialogue: Dialogue) -> None:
    """Answers nothing: nobody asks."""


QUERY = Provider("find", frozenset({FIND}), frozenset({Operation.C_FIND}), nothing)

FACTS = Facts(
    product="Clínica <Norte>",
    version="1.0",
    title="ARCA",
    address="10.0.0.1",
    port=11112,
    secure_port=None,
    mutual=True,
    web_port=8443,
    implementation_class="2.25.1",
    implementation_version="ARCA_1",
    file_class="2.25.2",
    file_version="ARCA",
    services=(*provided([QUERY], ()), *used([])),
    limits=(("max_pdu", "262144"), ("idle_timeout", "60 s")),
    unknown_callers="accept",
    unknown_services=("store",),
    statuses=((0, "success", "stored"), (0xA700, "failure", "out of resources")),
    understood=(("A700-A7FF", "transient", "out of resources"),),
    character_sets=("ISO_IR 100", "ISO_IR 192"),
    transcoded=("1.2.840.10008.1.2.1",),
    transcoded_from=("1.2.840.10008.1.2.5",),
)
PEER = Peer("PACS", "PACS|1", "10.0.0.9:104", True, ("store",), (), (), "1.2.840.10008.1.2.5", "")
FULL = replace(
    FACTS,
    secure_port=2762,
    peers=(PEER,),
    resources=(Resource("GET", "studies", "SearchForStudies", "application/dicom+json"),),
)
