"""Nothing of the facts becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser

from appliance.conformance.document import Heading, Paragraph, Table, statement
from appliance.conformance.paper import html, markdown
from appliance.conformance.texts import Texts
from tests.appliance.conformance.facts import FULL

HOSTILE = "<script>alert(1)</script>|`x`\n# no"
BLOCKS = (Heading(1, HOSTILE), Paragraph(HOSTILE), Table((HOSTILE,), ((HOSTILE,),)))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_pages_are_well_formed_and_hold_no_foreign_tag() -> None:
    for blocks in (BLOCKS, statement(FULL, Texts("es"))):
        tags = _Tags()
        tags.feed(html(blocks, "es"))
        assert tags.open == []
        assert "script" not in tags.seen
    assert 'lang="es"' in html(BLOCKS, "es")
    assert "Clínica &lt;Norte&gt;" in html(statement(FULL, Texts()), "en")


def test_markdown_holds_no_foreign_mark() -> None:
    lines = markdown(BLOCKS).splitlines()
    assert lines[0] == "# \\<script\\>alert(1)\\</script\\>\\|\\`x\\` \\# no"
    assert lines[4:6] == [lines[4], "| --- |"]
    assert all("\\<script" in line for line in lines if "script" in line)
    assert "PACS\\|1" in markdown(statement(FULL, Texts()))
