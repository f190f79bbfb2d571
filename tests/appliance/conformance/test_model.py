"""Services out of providers, and names out of the dictionary."""

from __future__ import annotations

from appliance.conformance.model import (
    name_of,
    operations,
    provided,
    storage_classes,
    transfer_syntaxes,
    used,
)
from tests.appliance.conformance.facts import FIND, QUERY

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def test_what_is_provided_is_what_the_providers_say() -> None:
    verification, store, find = provided([QUERY], [EXPLICIT])
    assert (verification.operations, store.operations) == (("C-ECHO",), ("C-STORE",))
    assert (find.name, find.role, find.sop_classes) == ("find", "SCP", (FIND,))
    assert find.operations == ("C-FIND",)
    assert store.transfer_syntaxes == (EXPLICIT,)
    assert EXPLICIT in find.transfer_syntaxes


def test_what_is_used() -> None:
    *_, commitment = used([("commitment", ["1.2.840.10008.1.20.1"], [0x0130])])
    assert (commitment.role, commitment.operations) == ("SCU", ("N-ACTION",))
    assert operations([0x0021, 0x0020]) == ("C-FIND", "C-MOVE")


def test_the_dictionary() -> None:
    assert CT in storage_classes()
    assert FIND not in storage_classes()
    assert EXPLICIT in transfer_syntaxes()
    assert name_of(CT) == "CT Image Storage"
    assert name_of("1.2.3") == "-"
