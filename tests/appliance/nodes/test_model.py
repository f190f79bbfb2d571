"""What a node may be, and who may call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.network.services import Caller
from appliance.nodes.model import (
    Node,
    Policy,
    Settings,
    is_ae_title,
    plain_host,
    problems,
    suggested_name,
    verdict,
)

PACS = Node("pacs", "PACS", "10.0.0.1", 104)
CALLER = Caller("PACS", "ARCA", "10.0.0.1", 4711)
HERE = frozenset({"10.0.0.1"})


def test_a_plain_node_is_fine() -> None:
    assert problems(PACS) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a b"}, "name"),
        ({"name": ""}, "name"),
        ({"ae_title": ""}, "AE title"),
        ({"ae_title": " " * 4}, "AE title"),
        ({"ae_title": "A" * 17}, "1 to 16"),
        ({"ae_title": "A\\B"}, "backslash"),
        ({"ae_title": "Ä"}, "AE title"),
        ({"calling_ae_title": "\n"}, "calling AE title"),
        ({"host": ""}, "host"),
        ({"host": "a b"}, "host"),
        ({"port": 0}, "1 to 65535"),
        ({"port": 65536}, "1 to 65535"),
        ({"max_associations": 0}, "associations"),
        ({"batch_size": 0}, "objects"),
        ({"bandwidth": 10}, "bandwidth"),
        ({"answer_seconds": 0.0}, "time-outs"),
        ({"transfer_syntaxes": ("1.2", "x")}, "'x' is no UID"),
        ({"accepted_syntaxes": ("x",)}, "'x' is no UID"),
        ({"preferred_syntax": "1.2.840.10008.1.2.4.50"}, "none that loses nothing"),
        ({"services": ("store", "fly")}, "there are store, find"),
        ({"url": "ftp://pacs"}, "http:// or https://"),
        ({"url": "https://pa cs"}, "http:// or https://"),
        ({"max_incoming": 0}, "1 to 1000"),
        ({"incoming_rate": 10}, "incoming rate"),
        ({"token": "a b"}, "without spaces"),
        ({"url": "http://pacs/web", "token": "t"}, "must not go over http://"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], words: str) -> None:
    found = problems(replace(PACS, **change))  # type: ignore[arg-type]
    assert len(found) == 1
    assert words in found[0]


def test_ae_titles_may_hold_spaces_inside() -> None:
    assert is_ae_title("MY CT")
    assert not is_ae_title("\t")


@pytest.mark.parametrize("policy", ["accept", "hold", "refuse"])
def test_a_wrong_number_gets_a_hint(policy: Policy) -> None:
    caller = replace(CALLER, called_ae_title="ARCHA")
    answer = verdict(caller, Settings(unknown_callers=policy), [(PACS, HERE)])
    assert (answer.accept, answer.result, answer.source, answer.diagnostic) == (False, 1, 1, 7)
    assert "did you mean ARCA?" in answer.reason


def test_a_far_off_number_is_told_our_name() -> None:
    answer = verdict(replace(CALLER, called_ae_title="ORTHANC"), Settings(), [])
    assert "did you mean" not in answer.reason
    assert "called ARCA" in answer.reason


def test_padding_of_titles_does_not_count() -> None:
    assert verdict(replace(CALLER, called_ae_title="ARCA  "), Settings(), []).accept


@pytest.mark.parametrize(("policy", "accept"), [("accept", True), ("hold", False)])
def test_strangers_by_policy(policy: Policy, accept: bool) -> None:
    assert verdict(CALLER, Settings(unknown_callers=policy), []).accept is accept


@pytest.mark.parametrize(("policy", "words"), [("hold", "pending"), ("refuse", "Add it")])
def test_strangers_are_told_why(policy: Policy, words: str) -> None:
    answer = verdict(CALLER, Settings(unknown_callers=policy), [])
    assert (answer.result, answer.source, answer.diagnostic) == (1, 1, 3)
    assert words in answer.reason


@pytest.mark.parametrize("policy", ["accept", "hold", "refuse"])
def test_a_node_is_let_in(policy: Policy) -> None:
    answer = verdict(CALLER, Settings(unknown_callers=policy), [(PACS, HERE)])
    assert answer.accept
    assert not answer.reason


def test_a_node_from_elsewhere() -> None:
    caller = replace(CALLER, host="10.9.9.9")
    open_door = verdict(caller, Settings(), [(PACS, HERE)])
    assert open_door.accept
    assert "registered at 10.0.0.1" in open_door.reason
    closed = verdict(caller, Settings(unknown_callers="hold"), [(PACS, HERE)])
    assert not closed.accept
    assert "node pacs, registered at 10.0.0.1" in closed.reason


def test_a_host_that_cannot_be_resolved_proves_nothing() -> None:
    assert verdict(CALLER, Settings(unknown_callers="refuse"), [(PACS, frozenset())]).accept


def test_one_of_several_nodes_with_a_title() -> None:
    other = replace(PACS, name="other", host="10.0.0.2")
    known = [(other, frozenset({"10.0.0.2"})), (PACS, HERE)]
    assert verdict(CALLER, Settings(unknown_callers="refuse"), known).accept


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "10.0.0.1"),
        ("pacs.clinic", "pacs.clinic"),
    ],
)
def test_hosts_as_people_write_them(host: str, plain: str) -> None:
    assert plain_host(host) == plain


def test_names_for_newcomers() -> None:
    assert suggested_name("MY CT", []) == "my-ct"
    assert suggested_name("CT", ["ct", "ct-2"]) == "ct-3"
    assert suggested_name("!!", []) == "node"


def test_a_token_may_stay_on_this_machine() -> None:
    for url in ("http://localhost:8042/dicom-web", "http://127.0.0.1", "http://[::1]:80/"):
        assert problems(replace(PACS, url=url, token="t")) == []
    assert problems(replace(PACS, url="http://127.0.0.1.example/", token="t"))


@pytest.mark.parametrize(
    ("settings", "known", "services", "syntaxes"),
    [
        (Settings(), [], {"store"}, None),
        (Settings(unknown_services=()), [], set(), None),
        (Settings(), [(PACS, HERE)], None, None),
        (Settings(), [(replace(PACS, services=("find",)), HERE)], {"find"}, None),
        (Settings(), [(replace(PACS, accepted_syntaxes=("1.2",)), HERE)], None, {"1.2"}),
        (Settings(), [(PACS, HERE), (replace(PACS, services=("find",)), HERE)], None, None),
        (Settings(), [(replace(PACS, host="10.0.0.9"), frozenset({"10.0.0.9"}))], {"store"}, None),
    ],
)
def test_what_a_caller_may_use(
    settings: Settings,
    known: list[tuple[Node, frozenset[str]]],
    services: set[str] | None,
    syntaxes: set[str] | None,
) -> None:
    answer = verdict(CALLER, settings, known)
    assert answer.accept
    assert (answer.services, answer.transfer_syntaxes) == (services, syntaxes)


def test_what_a_node_may_hold_goes_with_the_verdict() -> None:
    limited = replace(PACS, max_incoming=2, incoming_rate=200_000)
    answer = verdict(CALLER, Settings(), [(limited, HERE)])
    assert (answer.node, answer.most, answer.rate) == ("pacs", 2, 200_000)
    wider = replace(limited, name="other", max_incoming=3, incoming_rate=None)
    both = verdict(CALLER, Settings(), [(limited, HERE), (wider, HERE)])
    assert (both.most, both.rate) == (3, None)
