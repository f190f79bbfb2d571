from __future__ import annotations

from pathlib import Path

from appliance.network.secure import Credentials, Security
from appliance.nodes.calling import remote_of
from appliance.nodes.model import Node

_NODE = Node("pacs", "PACS", "10.0.0.5", 104)
_SECURITY = Security(Credentials(Path("a"), Path("b"), Path("c")))


def test_only_who_wants_tls_is_called_over_it() -> None:
    plain = remote_of(_NODE, "ARCA", _SECURITY)
    assert (plain.ae_title, plain.host, plain.port) == ("PACS", "10.0.0.5", 104)
    assert (plain.calling_ae_title, plain.security) == ("ARCA", None)
    secure = remote_of(Node("p", "PACS", "h", 1, calling_ae_title="X", tls=True), "ARCA", _SECURITY)
    assert (secure.calling_ae_title, secure.security) == ("X", _SECURITY)
