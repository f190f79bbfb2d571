"""`arca certificate …` on a real folder of certificates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from appliance import assembly, clock
from appliance.__main__ import arca
from appliance.certificates import making
from appliance.commands.program import Invocation
from appliance.config import load


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text('[appliance]\nhome = "home"\nname = "Clinic"\n')
    return tmp_path


def _run(home: Path, *words: str) -> Result:
    config = ["--config", str(home / "config.toml")]
    call = Invocation(load, lambda: assembly)
    return CliRunner().invoke(arca, ["certificate", *words, *config], obj=call, prog_name="arca")


def test_an_authority_and_a_device(home: Path) -> None:
    assert "made just now" in _run(home, "authority").output
    again = json.loads(_run(home, "authority", "--json").output)
    assert (again["made"], Path(again["file"]).exists()) == (False, True)
    issued = _run(home, "issue", "CT1", "--host", "10.0.0.7", "--old-device")
    assert "Install" in issued.output
    assert "its key" in issued.output
    shown = _run(home, "list").output
    assert "CN=CT1" in shown
    assert "CN=Clinic authority" in shown
    listed = json.loads(_run(home, "list", "--json").output)
    assert [one["part"] for one in listed] == ["ours", "authority", "issued"]
    assert "new associations use it" in _run(home, "renew", "--host", "arca.clinic").output


def test_a_request_that_the_clinics_authority_signs(home: Path) -> None:
    asked = json.loads(_run(home, "request", "--host", "arca.clinic", "--json").output)["file"]
    authority = making.make_authority("Clinic", clock.now())
    signed, trusted = home / "signed.pem", home / "clinic-ca.pem"
    signed.write_bytes(making.sign(Path(asked).read_bytes(), authority, clock.now()))
    trusted.write_bytes(authority.certificate)
    assert "is in use, until" in _run(home, "import", str(signed)).output
    assert "is trusted from now on" in _run(home, "trust", str(trusted)).output
    assert "not trusted any more" in _run(home, "distrust", "clinic-ca").output


def test_a_request_of_a_device(home: Path) -> None:
    _run(home, "authority")
    asked = home / "ct2.csr"
    asked.write_bytes(making.make_request("CT2", ["ct2"], making.make_key()))
    done = _run(home, "issue", "CT2", "--request", str(asked))
    assert "its key" not in done.output
    assert done.exit_code == 0


def test_what_cannot_be_done_is_told_without_a_traceback(home: Path) -> None:
    for words in (
        ["issue", "CT1"],
        ["distrust", "nobody"],
        ["trust", str(home / "missing.pem")],
        ["import", str(home / "missing.pem")],
        ["renew"],
    ):
        done = _run(home, *words)
        assert done.exit_code == 1
        assert "Traceback" not in done.output
        assert len(done.output) > 10
    assert "No certificates" in _run(home, "list").output
