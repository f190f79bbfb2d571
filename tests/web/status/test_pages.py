import re
from typing import Any

from web.app import build_portal
from web.services.bundle import Services
from web.services.overview import Part


async def test_the_page_shows_the_appliance_and_no_patient(services: Services) -> None:
    answer = await build_portal(services).test_client().get("/")
    text = await answer.get_data(as_text=True)
    assert answer.content_type == "text/html; charset=utf-8"
    for shown in ("ARCA", "11112", "0.1.0", "3 days 4 h", "812 GiB", "1,234,567", "All is well"):
        assert shown in text
    assert "Clínica &lt;Norte&gt;" in text
    assert "Doe" not in text


async def test_the_page_needs_nothing_from_elsewhere_nor_in_line(services: Services) -> None:
    client = build_portal(services).test_client()
    text = await (await client.get("/")).get_data(as_text=True)
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|https?:|//", text)
    for address in set(re.findall(r'(?:src|href)="(/[^"]+)"', text)):
        answer = await client.get(address)
        assert answer.status_code == 200, address


async def test_languages(services: Services) -> None:
    client = build_portal(services, language="es").test_client()
    for accepted, spoken, word in (
        ("es-CR,es;q=0.9", "es", "Todo funciona"),
        ("en-GB", "en", "All is well"),
        ("de", "es", "Todo funciona"),
        ("fr;q=1, en;q=0.2", "en", "All is well"),
    ):
        answer = await client.get("/", headers={"Accept-Language": accepted})
        assert word in await answer.get_data(as_text=True)
        assert answer.headers["Content-Language"] == spoken
        assert answer.headers["Vary"] == "Accept-Language"


async def test_health(services: Services, memory: Any) -> None:
    client = build_portal(services).test_client()
    answer = await client.get("/healthz")
    assert (answer.status_code, await answer.get_json()) == (200, {"status": "ok", "failing": []})
    memory.parts = (Part("index", well=False, failure="Doe^Jane cannot be read"),)
    answer = await client.get("/healthz")
    assert (answer.status_code, await answer.get_json()) == (
        503,
        {"status": "failing", "failing": ["index"]},
    )
    page = await (await client.get("/")).get_data(as_text=True)
    assert "Not working: index" in page
    assert "Doe" not in page


async def test_a_store_that_takes_nothing_in(services: Services, memory: Any) -> None:
    client = build_portal(services).test_client()
    memory.parts = (Part("store", well=False, failure="secret"),)
    for store, language, words in (
        ("full", "en", "Nothing more is taken in: the store is full"),
        ("full", "es", "No se recibe nada más: el almacén está lleno"),
        ("stopped", "en", "the store has stopped after a failure of its disk"),
        ("stopped", "es", "el almacén se detuvo tras un fallo de su disco"),
    ):
        memory.store = store
        answer = await client.get("/", headers={"Accept-Language": language})
        text = await answer.get_data(as_text=True)
        assert words in text
        assert "secret" not in text


async def test_numbers_that_nobody_knows(services: Services, memory: Any) -> None:
    memory.counted = False
    memory.parts = (Part("database", well=False, failure="secret"),)
    client = build_portal(services).test_client()
    for language, words in (
        ("en", ("Not working: database", "The database does not answer")),
        ("es", ("No funciona: base de datos", "La base de datos no responde")),
    ):
        answer = await client.get("/", headers={"Accept-Language": language})
        text = await answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert all(one in text for one in words), text
        assert "<dd>\N{EN DASH}</dd>" in text
        assert "secret" not in text


async def test_metrics(services: Services) -> None:
    answer = await build_portal(services).test_client().get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert await answer.get_data() == b"arca_bytes_total 1.0\n"


async def test_static_files_stay_in_their_folder(services: Services) -> None:
    client = build_portal(services).test_client()
    for address in ("../pages.py", "%2e%2e/pages.py", "..%2fpages.py", "%2fetc/passwd", ""):
        assert (await client.get(f"/static/{address}")).status_code in (308, 404)
