"""What really gets imported, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

_ENGINES = ("trio", "tortoise", "quart", "hypercorn", "textual")


@pytest.mark.parametrize(
    ("module", "engines"),
    [
        ("storage.volume", _ENGINES),
        ("appliance.dicom.association", _ENGINES),
        ("appliance.config", _ENGINES),
        ("appliance.process", ("imagecodecs", "appliance.pixels.decoding")),
        ("appliance.__main__", ("tortoise", "quart", "hypercorn", "textual", "pydicom", "numpy")),
    ],
)
def test_importing_does_not_load_engines(module: str, engines: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print([e for e in {engines!r} if e in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")
