"""Names, places and sizes that a linter cannot see."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("appliance", "storage", "web", "tui")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "toolbox"}

# Tables and doors whose tests bear the name of what is promised, not of the file.
TESTED_ELSEWHERE = {
    "appliance/database/loop.py": "tests/appliance/database/test_door.py",
    "appliance/database/sqlite.py": "tests/appliance/database/test_door.py",
}


def test_packaging_never_becomes_a_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is_for_and_fits_on_a_few_screens(path: Path) -> None:
    text = path.read_text()
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a module begins with a line that says what it is for"
    assert path.stem not in FORBIDDEN_NAMES
    assert text.count("\n") <= 400, "split it by noun"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=str)
def test_a_door_sign_is_only_a_sign(path: Path) -> None:
    assert len(ast.parse(path.read_text()).body) == 1


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.name != "__init__.py" and "migrations" not in path.parts],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_each_source_file_has_its_test(path: Path) -> None:
    relative = path.relative_to(ROOT)
    name = path.stem.strip("_")
    expected = ROOT / "tests" / relative.parent / f"test_{name}.py"
    if other := TESTED_ELSEWHERE.get(str(relative)):
        expected = ROOT / other
    assert expected.exists()


def test_the_project_speaks_of_itself_alone() -> None:
    words = re.compile(r"/w[o]rk/|\bissue #?\d|\bsession \d", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*SOURCES, *ROOT.glob("*.md"), *(ROOT / "packaging").rglob("*.py")]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    assert found == []
