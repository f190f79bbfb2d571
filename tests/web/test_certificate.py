import ipaddress
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.errors import ConfigError
from web.certificate import ensure_certificate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOSTS = ["arca.clinic.example", "localhost"]


class Pair:
    def __init__(self, folder: Path) -> None:
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"

    def ensure(self, now: datetime = NOW) -> bool:
        return ensure_certificate(self.certificate, self.key, host_names=HOSTS, now=now)

    def read(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path / "web")


def test_the_first_start_makes_one(pair: Pair) -> None:
    assert pair.ensure()
    made = pair.read()
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey)
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=397)
    assert made.not_valid_before_utc < NOW < made.not_valid_after_utc
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "arca.clinic.example"]
    assert ipaddress.ip_address("127.0.0.1") in names.get_values_for_type(x509.IPAddress)
    assert stat.S_IMODE(pair.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(pair.key.parent.stat().st_mode) == 0o700
    assert sorted(pair.key.parent.iterdir()) == [pair.certificate, pair.key]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.certificate, pair.key)


def test_it_stays_until_its_end_is_near(pair: Pair) -> None:
    pair.ensure()
    first = pair.certificate.read_bytes()
    assert not pair.ensure(NOW + timedelta(days=300))
    assert pair.certificate.read_bytes() == first
    assert pair.ensure(NOW + timedelta(days=370))
    assert pair.certificate.read_bytes() != first


def test_one_somebody_gave_is_never_touched(pair: Pair, tmp_path: Path) -> None:
    pair.ensure()
    theirs = Path(tmp_path / "web" / "theirs")
    theirs.write_bytes(_foreign())
    theirs.replace(pair.certificate)
    before = pair.certificate.read_bytes(), pair.key.read_bytes()
    assert not pair.ensure(NOW + timedelta(days=4000))
    assert (pair.certificate.read_bytes(), pair.key.read_bytes()) == before


def _foreign() -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "A clinic")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=10))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_stop_in_the_middle_is_mended(pair: Pair, renamed: bool) -> None:
    pair.ensure()
    if renamed:  # the new key in place, the old certificate still beside it
        other = Pair(pair.key.parent / "other")
        other.ensure()
        other.key.replace(pair.key)
    else:
        pair.certificate.rename(pair.certificate.with_name("certificate.pem.new"))
    assert pair.ensure()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.certificate, pair.key)


def test_a_key_alone_is_somebodys(pair: Pair) -> None:
    pair.key.parent.mkdir()
    pair.key.write_text("secret")
    with pytest.raises(ConfigError, match="is there, but its certificate"):
        pair.ensure()
    assert pair.key.read_text() == "secret"


def test_a_file_that_is_no_certificate(pair: Pair) -> None:
    pair.key.parent.mkdir()
    pair.certificate.write_text("x")
    with pytest.raises(ConfigError, match="no PEM certificate"):
        pair.ensure()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "web").write_text("a file")
    with pytest.raises(ConfigError, match=r"web\.certificate"):
        Pair(tmp_path / "web").ensure()
