"""What a store request is answered."""

from __future__ import annotations

from web.dicomweb.receipt import Place, Receipt
from web.dicomweb.services import Announced, Kept

ONE = Announced("1.2.840", "1.1", "1.2", "1.2.3")


def test_statuses() -> None:
    receipt = Receipt("https://x", "")
    assert receipt.status == 409
    receipt.note(ONE, Kept("stored"), Place("1.2.3", "1.2.4"))
    assert (receipt.status, receipt.headers()) == (200, {})
    receipt.note(ONE, Kept("failed", 0xA700), Place())
    assert receipt.status == 202
    told = receipt.dataset()
    assert told["00081198"]["Value"][0]["00081197"] == {"vr": "US", "Value": [0xA700]}
    assert told["00081199"]["Value"][0]["00081190"]["Value"] == [
        "https://x/studies/1.2.3/series/1.2.4/instances/1.1"
    ]


def test_conflicts_warn() -> None:
    receipt = Receipt("https://x", "1.2.3")
    receipt.note(ONE, Kept("conflict"), Place())
    assert receipt.status == 202
    assert receipt.headers()["Warning"].startswith("299 arca")


def test_what_has_no_name() -> None:
    receipt = Receipt("https://x", "")
    receipt.not_understood()
    assert receipt.dataset() == {
        "00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [0xC000]}}]}
    }
