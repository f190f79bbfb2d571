"""The statement on paper: Markdown for files, HTML for browsers and printers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from appliance.conformance.document import Block, Heading, Paragraph, Table

# What Markdown would take for its own, and what no line may hold.
_MARKS = str.maketrans({**{mark: f"\\{mark}" for mark in "\\`*_[]<>|#"}, "\n": " ", "\r": " "})

_STYLE = """
body { font: 11pt/1.4 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
th, td { border: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top; }
th { background: #eee; } td { overflow-wrap: anywhere; } tr { break-inside: avoid; }
h2, h3 { break-after: avoid; }
@media print {
  body { margin: 0; max-width: none; font-size: 9pt; }
  thead { display: table-header-group; }
}
"""


def markdown(blocks: Sequence[Block]) -> str:
    """One block after the other, an empty line between them."""
    return "\n\n".join(map(_marked, blocks)) + "\n"


def _marked(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_plain(block.text)}"
    if isinstance(block, Paragraph):
        return _plain(block.text)
    lines = [block.titles, ("---",) * len(block.titles), *block.rows]
    rows = [line if line[0] == "---" else tuple(map(_plain, line)) for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _plain(text: str) -> str:
    return text.translate(_MARKS)


def html(blocks: Sequence[Block], language: str) -> str:
    """A page of its own, without anything from elsewhere."""
    title = next((escape(one.text) for one in blocks if isinstance(one, Heading)), "")
    body = "\n".join(map(_tagged, blocks))
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _tagged(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        return f"<p>{escape(block.text)}</p>"
    head = _row(block.titles, "th")
    return f"<table>\n<thead>{head}</thead>\n<tbody>\n{_rows(block)}\n</tbody>\n</table>"


def _rows(table: Table) -> str:
    return "\n".join(_row(row, "td") for row in table.rows)


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
