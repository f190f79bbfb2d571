"""The sender over DICOMweb against a real web server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from appliance.meter import Meter
from appliance.network.errors import AssociationFailed
from appliance.nodes.model import Node
from appliance.transfers.stow import Stow
from tests.appliance.transfers.conformance import CONTEXT, FOREIGN, Conformance, Place, image
from tests.appliance.transfers.web import Server


@dataclass
class Web:
    """See `conformance.Place`."""

    server: Server = field(default_factory=Server)
    closed: bool = False
    meter: Meter = field(default_factory=Meter)

    @property
    def node(self) -> Node:
        return Node("cloud", "CLOUD", "127.0.0.1", 1, url=self.server.url, token="secret")

    @property
    def sender(self) -> Stow:
        return Stow(ssl.create_default_context, self.meter)

    def received(self) -> list[tuple[str, bytes]]:
        return self.server.received

    def answers(self, status: int) -> None:
        self.server.code, self.server.failure = (409, status) if status else (200, 0)

    def closes(self) -> None:
        if not self.closed:
            self.closed = True
            self.server.close()


@pytest.fixture
def place() -> Iterator[Web]:
    web = Web()
    yield web
    web.closes()


class TestStow(Conformance):
    async def test_what_is_accepted_is_known(self, place: Place) -> None:
        """A web server says of each object whether it takes it."""
        async with place.sender.connect(place.node, [CONTEXT, FOREIGN], None) as line:
            assert line.accepted(CONTEXT)
            assert line.accepted(FOREIGN)

    async def test_nothing_accepted_is_a_failure(self, place: Place) -> None:
        """It is an answer."""
        place.answers(0x0122)
        async with place.sender.connect(place.node, [FOREIGN], None) as line:
            assert (await line.store(image(1, b"ab"))).status == 0x0122


async def _stored(place: Web) -> int:
    async with place.sender.connect(place.node, [CONTEXT], None) as line:
        return (await line.store(image(1, b"ab"))).status


async def test_the_token_goes_along(place: Web) -> None:
    assert await _stored(place) == 0
    assert place.server.tokens == ["Bearer secret"]
    assert place.meter.registry.get_sample_value("arca_send_answer_seconds_count") == 1


@pytest.mark.parametrize("code", [401, 403])
async def test_who_is_not_let_in_takes_nothing_from_the_store(place: Web, code: int) -> None:
    place.server.options_code = code
    with pytest.raises(AssociationFailed, match="token") as raised:
        await _stored(place)
    assert raised.value.kind == "rejected_permanent"
    assert not place.received()


@pytest.mark.parametrize("code", [404, 405])
async def test_a_server_that_knows_no_options_may_still_store(place: Web, code: int) -> None:
    place.server.options_code = code
    assert await _stored(place) == 0


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (302, "rejected_permanent"),
        (404, "rejected_permanent"),
        (429, "rejected_transient"),
        (500, "rejected_transient"),
        (503, "rejected_transient"),
    ],
)
async def test_answers_that_are_not_about_the_object(place: Web, code: int, kind: str) -> None:
    place.server.code = code
    with pytest.raises(AssociationFailed) as raised:
        await _stored(place)
    assert raised.value.kind == kind
    assert f"HTTP {code}" in str(raised.value)


@pytest.mark.parametrize("code", [400, 413, 415])
async def test_answers_about_the_object_without_a_reason(place: Web, code: int) -> None:
    place.server.code = code
    assert await _stored(place) == 0xC000


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 0), (b"<html>", 0), (b"[]", 0), (b'[{"00081199": {}}]', 0), (b'{"00081198": 7}', 0)],
)
async def test_servers_that_say_little(place: Web, body: bytes, status: int) -> None:
    place.server.body = body
    assert await _stored(place) == status
    place.server.code = 409
    assert await _stored(place) == 0x0110


async def test_an_answer_without_end(place: Web) -> None:
    place.server.body = bytes(2 << 20)
    with pytest.raises(AssociationFailed, match="may not be a DICOMweb server"):
        await _stored(place)


async def test_large_objects_stream(place: Web) -> None:
    chunks = [bytes((number,)) * 300_001 for number in range(20)]
    async with place.sender.connect(place.node, [CONTEXT], None) as line:
        assert (await line.store(image(1, *chunks))).status == 0
    assert place.received() == [("1.2.3.1", b"".join(chunks))]
