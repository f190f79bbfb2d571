"""Keys, requests and certificates (RFC 5280), made and read: no files here."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.errors import BadRequest

# Clocks of devices are a little off.
_EARLIER = timedelta(hours=1)
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 730
_LONGEST_NAME = 64  # RFC 5280, ub-common-name
_RSA_BITS = 3072

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its key, both in PEM."""

    certificate: bytes
    key: bytes


def make_key(*, for_old_devices: bool = False) -> Key:
    """Old devices know RSA only."""
    if for_old_devices:
        return rsa.generate_private_key(65537, _RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def key_to_pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_from_pem(pem: bytes) -> Key:
    """Raises BadRequest."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise BadRequest("the key is no private key in PEM, or it wants a password") from error
    if not isinstance(key, Key):
        raise BadRequest("the key must be an RSA or elliptic curve key")
    return key


def make_authority(name: str, now: datetime) -> Pair:
    """An authority of our own, that vouches for itself."""
    key = make_key()
    subject = _name(name)
    builder = _begun(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
    usage = _usage(signs_certificates=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    return Pair(_pem(builder.sign(key, hashes.SHA256())), key_to_pem(key))


def make_request(name: str, hosts: Sequence[str], key: Key) -> bytes:
    """What an authority signs (PKCS #10), in PEM."""
    builder = x509.CertificateSigningRequestBuilder(_name(name))
    builder = builder.add_extension(_alternatives(hosts), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def sign(request: bytes, authority: Pair, now: datetime, days: int = CERTIFICATE_DAYS) -> bytes:
    """The certificate for a request, in PEM, for both sides of TLS. Raises BadRequest."""
    asked = _request(request)
    issuer, key = read(authority.certificate), key_from_pem(authority.key)
    builder = _begun(asked.subject, issuer.subject, asked.public_key(), now, days)
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(signs_certificates=False), True),
        (x509.ExtendedKeyUsage(both), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False),
        *((one, False) for one in _asked_names(asked)),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return _pem(builder.sign(key, hashes.SHA256()))


def read(pem: bytes) -> x509.Certificate:
    """The first certificate in PEM. Raises BadRequest."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise BadRequest("that is no certificate in PEM") from error


def read_all(pem: bytes) -> list[x509.Certificate]:
    """All certificates in PEM, at least one. Raises BadRequest."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise BadRequest("that is no certificate in PEM") from error


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may vouch for others; one that vouches for itself alone may be trusted too."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return certificate.issuer == certificate.subject
    return constraints.value.ca or certificate.issuer == certificate.subject


def belong_together(certificate: x509.Certificate, key: Key) -> bool:
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(*form) == certificate.public_key().public_bytes(*form)


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """The host names and addresses it stands for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = map(str, found.get_values_for_type(x509.IPAddress))
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def _request(pem: bytes) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(pem)
        if request.is_signature_valid:
            return request
    except (ValueError, InvalidSignature) as error:
        raise BadRequest("that is no certificate request in PEM") from error
    raise BadRequest("the certificate request is not signed with its own key")


def _asked_names(request: x509.CertificateSigningRequest) -> list[x509.SubjectAlternativeName]:
    try:
        return [request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value]
    except x509.ExtensionNotFound:
        return []


def _begun(
    subject: x509.Name, issuer: x509.Name, public: object, now: datetime, days: int
) -> x509.CertificateBuilder:
    begin = now - _EARLIER
    builder = x509.CertificateBuilder(issuer, subject, public)  # type: ignore[arg-type]
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=days))
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)  # type: ignore[arg-type]
    return builder.add_extension(identifier, critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_LONGEST_NAME])])


def _alternatives(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_alternative(host) for host in dict.fromkeys(hosts)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host.encode("idna").decode("ascii"))
    except UnicodeError as error:
        raise BadRequest(f"'{host}' is no host name or address") from error


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
