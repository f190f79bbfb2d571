from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_the_statement(run: Any, tmp_path: Path) -> None:
    assert run("conformance").stdout == "# DICOM Conformance Statement\n"
    assert run("conformance", "--html", "--language", "es").stdout == "<h1>Declaración</h1>\n"
    assert json.loads(run("conformance", "--json").stdout) == {
        "text": "# DICOM Conformance Statement\n"
    }


def test_a_file(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "statement.html"
    result = run("conformance", "--html", "--output", str(file))
    assert (result.exit_code, file.read_text()) == (0, "<h1>DICOM Conformance Statement</h1>")
    result = run("conformance", "--output", str(tmp_path / "nowhere" / "file"))
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
