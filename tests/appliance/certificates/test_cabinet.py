from __future__ import annotations

import stat
from pathlib import Path

import pytest

from appliance.certificates import making
from appliance.certificates.cabinet import Cabinet
from appliance.errors import BadRequest, NameTaken, UnknownName


@pytest.fixture
def cabinet(tmp_path: Path) -> Cabinet:
    made = Cabinet(tmp_path / "tls")
    assert made.ensure("Arca", ["localhost"])
    return made


def test_the_first_start_makes_all_that_is_needed_once(cabinet: Cabinet) -> None:
    before = cabinet.credentials.certificate.read_bytes()
    assert not cabinet.ensure("Arca", ["localhost"])
    assert not cabinet.make_authority("Arca")
    assert cabinet.credentials.certificate.read_bytes() == before
    assert [one.part for one in cabinet.listed()] == ["ours", "authority"]
    assert cabinet.credentials.authorities.read_bytes() == cabinet.authority_file.read_bytes()
    mode = stat.S_IMODE(cabinet.credentials.key.stat().st_mode)
    assert mode == 0o600


def test_a_certificate_of_another_authority_is_asked_for_and_taken_in(cabinet: Cabinet) -> None:
    clinic = making.make_authority("Clinic", cabinet._now())
    asked = cabinet.request("Arca", ["arca.clinic"])
    answer = asked.with_name("answer.pem")
    answer.write_bytes(making.sign(asked.read_bytes(), clinic, cabinet._now()))
    assert cabinet.take_in(answer).issuer == "CN=Clinic"
    assert cabinet.listed()[0].names == ("arca.clinic",)
    other = asked.with_name("other.pem")
    other.write_bytes(cabinet.authority_file.read_bytes())
    with pytest.raises(BadRequest, match="does not belong to the key"):
        cabinet.take_in(other)


def test_authorities_are_trusted_by_name(cabinet: Cabinet, tmp_path: Path) -> None:
    file = tmp_path / "clinic.pem"
    file.write_bytes(making.make_authority("Clinic", cabinet._now()).certificate)
    cabinet.trust("clinic", file)
    assert file.read_bytes() in cabinet.credentials.authorities.read_bytes()
    with pytest.raises(NameTaken):
        cabinet.trust("clinic", file)
    cabinet.distrust("clinic")
    assert file.read_bytes() not in cabinet.credentials.authorities.read_bytes()
    with pytest.raises(UnknownName):
        cabinet.distrust("clinic")


def test_what_is_no_authority_is_not_trusted(cabinet: Cabinet) -> None:
    issued = cabinet.issue("CT1", ["10.0.0.7"])
    with pytest.raises(BadRequest, match="not the certificate of an authority"):
        cabinet.trust("ct1", issued)


def test_devices_get_certificates_by_key_or_by_request(cabinet: Cabinet, tmp_path: Path) -> None:
    assert cabinet.issue("CT1", []).with_suffix(".key").exists()
    asked = tmp_path / "asked.pem"
    asked.write_bytes(making.make_request("CT2", ["ct2"], making.make_key()))
    assert not cabinet.sign("CT2", asked).with_suffix(".key").exists()
    issued = [one for one in cabinet.listed() if one.part == "issued"]
    assert [(one.file, one.names) for one in issued] == [
        ("CT1.pem", ("CT1",)),
        ("CT2.pem", ("ct2",)),
    ]


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "x" * 64])
def test_names_are_never_paths(cabinet: Cabinet, name: str) -> None:
    with pytest.raises(BadRequest, match="use 1 to 63 letters"):
        cabinet.issue(name, ["localhost"])


def test_files_that_cannot_be_are_told(cabinet: Cabinet, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        cabinet.trust("x", tmp_path / "missing.pem")
    large = tmp_path / "large.pem"
    large.write_bytes(bytes(2 << 20))
    with pytest.raises(BadRequest, match="too large"):
        cabinet.trust("x", large)
    with pytest.raises(UnknownName, match="no authority here yet"):
        Cabinet(tmp_path / "empty").issue("CT1", ["localhost"])
