"""The certificate the portal makes for itself when nobody gave it one.

One that somebody else put there is never touched: ours say so in their own name.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.errors import ConfigError

_OURS = "Arca (made by the appliance itself)"
# Browsers refuse a server's certificate that is valid for more than 398 days.
_VALID = timedelta(days=397)
_RENEW = timedelta(days=30)
# Clocks of browsers are a little off.
_EARLIER = timedelta(hours=1)
_COMMON_NAME_MAX = 64  # RFC 5280, ub-common-name


def ensure_certificate(
    certificate: Path, key: Path, *, host_names: Sequence[str], now: datetime
) -> bool:
    """Make, or renew, our own certificate where there is none, or only ours near its end.

    True when files were written. `host_names` are those besides localhost and the
    loopback addresses. Raises `ConfigError` when only one of the two files is there, or
    what is there cannot be read.
    """
    try:
        if not _wanted(certificate, key, now):
            return False
        certificate.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(certificate, key, host_names, now)
    except OSError as error:
        raise ConfigError(f"web.certificate, web.key: {error}") from error
    return True


def _wanted(certificate: Path, key: Path, now: datetime) -> bool:
    if not certificate.exists():
        if key.exists() and key.stat().st_size and not _lone_key_is_ours(certificate, key):
            raise ConfigError(f"web.key: {key} is there, but its certificate {certificate} is not")
        return True
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except ValueError as error:
        raise ConfigError(f"web.certificate: {certificate} is no PEM certificate") from error
    if not _ours(found):
        return False
    return found.not_valid_after_utc - now < _RENEW or not _belong(found, key)


def _lone_key_is_ours(certificate: Path, key: Path) -> bool:
    """A stop between our two files leaves the key beside a certificate half written."""
    return _draft(certificate).exists() and key.parent == certificate.parent


def _ours(found: x509.Certificate) -> bool:
    names = found.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return found.issuer == found.subject and [name.value for name in names] == [_OURS]


def _belong(found: x509.Certificate, key: Path) -> bool:
    try:
        private = load_pem_private_key(key.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return False
    spki = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(*spki) == found.public_key().public_bytes(*spki)


def _make(certificate: Path, key: Path, host_names: Sequence[str], now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    made = _signed(private, host_names, now)
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(_draft(certificate), made.public_bytes(Encoding.PEM), 0o644)
    _write(_draft(key), secret, 0o600)
    # Both drafts are whole: a stop between the renames is mended by the next start,
    # which finds a pair that does not belong together.
    _draft(key).replace(key)
    _draft(certificate).replace(certificate)


def _signed(
    private: ec.EllipticCurvePrivateKey, host_names: Sequence[str], now: datetime
) -> x509.Certificate:
    names = list(dict.fromkeys(["localhost", *host_names]))
    common = names[-1][:_COMMON_NAME_MAX]
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _OURS),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
    begin = now - _EARLIER
    builder = x509.CertificateBuilder(name, name, private.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(begin + _VALID)
    for extension, critical in _extensions(private.public_key(), names):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(private, hashes.SHA256())


def _extensions(
    public: ec.EllipticCurvePublicKey, names: Sequence[str]
) -> list[tuple[x509.ExtensionType, bool]]:
    addresses = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    alternatives = [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
    return [
        (x509.SubjectAlternativeName(alternatives), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
    ]


def _draft(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _write(path: Path, content: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
