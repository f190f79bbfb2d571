"""The statement says what this very process offers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from appliance.answers.overview import Running
from appliance.answers.statement import ASKED, Conformance, _without_secrets
from appliance.clock import now
from appliance.conformance.model import Resource
from appliance.errors import BadRequest
from appliance.nodes.model import Node
from appliance.process import Process
from appliance.rooms import Rooms
from tests.appliance.conformance.facts import FIND, QUERY
from web.dicomweb.capabilities import RESOURCES
from web.services.bundle import Services


async def test_every_provider_appears(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(rooms)
    real = process._dicom()
    more = replace(real, providers=(*real.providers, QUERY))
    monkeypatch.setattr(process, "_dicom", lambda: more)
    text = await process._services(11112, []).conformance.statement("markdown", "en")
    for provider in more.providers:
        assert f"| {provider.name} | SCP |" in text
        assert all(f"| {uid} |" in text for uid in provider.sop_classes)
    assert FIND in text


async def test_every_limit_and_status_appears(services: Services) -> None:
    text = await services.conformance.statement("html", "")
    for told in ("262144", "ARCA_0_1", "A700", "FF00", "C000-CFFF", "ISO_IR 192", "60 s"):
        assert told in text


async def test_nodes_appear_without_their_secrets(rooms: Rooms) -> None:
    node = Node(
        "cloud",
        "CLOUD",
        "c.example",
        443,
        url="https://c.example:8443/dicom-web",
        token="secret",
        tls=True,
        services=("store",),
        preferred_syntax="1.2.840.10008.1.2.4.80",
    )
    await rooms.nodes.add(node)
    running = Running(rooms.config, "1.0", 11112, now(), ())
    resources = [Resource("GET", "studies", "SearchForStudies", "application/dicom+json")]
    process: Any = Process(rooms)._services(1, []).conformance
    made = Conformance(running, process.listener, rooms.nodes, (), resources=resources)
    text = await made.statement("markdown", "en")
    assert "https://c.example:8443/dicom-web" in text
    assert "SearchForStudies" in text
    assert "secret" not in text


def test_a_url_leaves_without_its_password() -> None:
    given = "https://jane:secret@c.example:8443/dicom-web?key=secret#secret"
    assert _without_secrets(given) == "https://c.example:8443/dicom-web"
    assert _without_secrets("") == ""


async def test_other_forms_are_refused(services: Services) -> None:
    for form, language in (("pdf", "en"), ("html", "fr")):
        with pytest.raises(BadRequest, match="markdown or html"):
            await services.conformance.statement(form, language)
    assert "Declaración" in await services.conformance.statement("markdown", "es")


async def test_every_web_service_appears(rooms: Rooms) -> None:
    text = await Process(rooms)._services(1, []).conformance.statement("markdown", "en")
    assert all(f"| {name} |" in text for _, _, name, _ in RESOURCES)
    assert text.count("| SCU |") == 2 + len(ASKED)
