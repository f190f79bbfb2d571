from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.certificates import making
from appliance.errors import BadRequest

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_authority_signs_what_is_asked_of_it() -> None:
    authority = making.make_authority("Clinic", _NOW)
    key = making.make_key()
    request = making.make_request("CT1", ["ct1.clinic", "10.0.0.7", "ct1.clinic"], key)
    signed = making.read(making.sign(request, authority, _NOW))
    assert making.names_in(signed) == ("ct1.clinic", "10.0.0.7")
    assert making.belong_together(signed, key)
    assert not making.belong_together(signed, making.make_key())
    assert making.is_authority(making.read(authority.certificate))
    assert not making.is_authority(signed)
    signed.verify_directly_issued_by(making.read(authority.certificate))
    assert signed.not_valid_after_utc - _NOW > timedelta(days=700)


def test_old_devices_get_rsa() -> None:
    key = making.make_key(for_old_devices=True)
    assert making.key_to_pem(making.key_from_pem(making.key_to_pem(key))) == making.key_to_pem(key)
    assert key.key_size == 3072


@pytest.mark.parametrize("raw", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_rubbish_is_refused_in_words(raw: bytes) -> None:
    authority = making.make_authority("Clinic", _NOW)
    for attempt in (
        lambda: making.read(raw),
        lambda: making.read_all(raw),
        lambda: making.key_from_pem(raw),
        lambda: making.sign(raw, authority, _NOW),
    ):
        with pytest.raises(BadRequest):
            attempt()


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".clinic"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(BadRequest, match="no host name"):
        making.make_request("CT1", [host], making.make_key())
