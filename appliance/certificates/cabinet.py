"""The folder in which certificates and keys for DICOM over TLS lie."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256

from appliance import clock
from appliance.certificates import making
from appliance.certificates.making import Pair
from appliance.certificates.model import Certificate, Part
from appliance.errors import BadRequest, NameTaken, UnknownName
from appliance.network.secure import Credentials

_LARGEST_FILE = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class Cabinet:
    """`authority.pem`, `dicom.pem`, `trusted/`, `issued/` below one folder; keys beside them.

    Every method blocks. What the peers need to know us by is `authority.pem`.
    """

    def __init__(self, folder: Path, now: clock.Clock = clock.now) -> None:
        self._folder = folder
        self._now = now

    @property
    def credentials(self) -> Credentials:
        """The files that associations use."""
        return Credentials(self._own, self._own.with_suffix(".key"), self._folder / "believed.pem")

    @property
    def authority_file(self) -> Path:
        return self._folder / "authority.pem"

    @property
    def _own(self) -> Path:
        return self._folder / "dicom.pem"

    def ensure(self, name: str, hosts: Sequence[str]) -> bool:
        """Make an authority and a certificate of our own where there are none; True if it did."""
        if self._own.exists():
            return False
        self.make_authority(name)
        self.renew(name, hosts)
        return True

    def make_authority(self, name: str, *, anew: bool = False) -> bool:
        """An authority of our own, unless there is one already; True when it was made.

        With `anew` certificates issued before are not trusted any more.
        """
        if self.authority_file.exists() and not anew:
            return False
        self._keep(self.authority_file, making.make_authority(f"{name} authority", self._now()))
        self._believe()
        return True

    def renew(self, name: str, hosts: Sequence[str]) -> None:
        """A new key and certificate for ourselves, signed by our own authority."""
        key = making.make_key()
        request = making.make_request(name, hosts, key)
        signed = making.sign(request, self._authority(), self._now())
        self._keep(self._own, Pair(signed, making.key_to_pem(key)))

    def request(self, name: str, hosts: Sequence[str]) -> Path:
        """A new key and a request that the clinic's own authority can sign; where it lies.

        What is in use stays in use until the answer is taken in by `take_in`.
        """
        key = making.make_key(for_old_devices=True)
        asked = self._folder / "request.pem"
        _write(asked.with_suffix(".key"), making.key_to_pem(key), 0o600)
        _write(asked, making.make_request(name, hosts, key), 0o644)
        return asked

    def take_in(self, certificate: Path, key: Path | None = None) -> Certificate:
        """Use a certificate (with those behind it) that somebody else signed.

        Without a key it must be the answer to `request`.
        """
        pem = _read(certificate)
        secret = _read(key or self._folder / "request.key")
        if not making.belong_together(making.read(pem), making.key_from_pem(secret)):
            raise BadRequest(f"{certificate} does not belong to the key; was it asked for here?")
        self._keep(self._own, Pair(pem, secret))
        return _shown("ours", self._own)

    def trust(self, name: str, certificate: Path) -> Certificate:
        """Believe whomever this authority vouches for."""
        pem = _read(certificate)
        if not all(map(making.is_authority, making.read_all(pem))):
            raise BadRequest(f"{certificate} is not the certificate of an authority")
        target = self._named("trusted", name)
        if target.exists():
            raise NameTaken(f"'{name}' is trusted already; remove it first")
        _write(target, pem, 0o644)
        self._believe()
        return _shown("trusted", target)

    def distrust(self, name: str) -> None:
        """Do not believe it any more; associations that are open stay open."""
        target = self._named("trusted", name)
        if not target.exists():
            raise UnknownName(f"no authority '{name}' is trusted; see `arca certificate list`")
        target.unlink()
        self._believe()

    def issue(self, name: str, hosts: Sequence[str], *, for_old_devices: bool = False) -> Path:
        """A certificate and key for a device, signed by our authority; the certificate's file."""
        target = self._named("issued", name)
        key = making.make_key(for_old_devices=for_old_devices)
        request = making.make_request(name, hosts or [name], key)
        signed = making.sign(request, self._authority(), self._now())
        self._keep(target, Pair(signed, making.key_to_pem(key)))
        return target

    def sign(self, name: str, request: Path) -> Path:
        """The certificate for a request that a device made itself; its file."""
        target = self._named("issued", name)
        _write(target, making.sign(_read(request), self._authority(), self._now()), 0o644)
        return target

    def listed(self) -> list[Certificate]:
        """Everything that lies here. Raises BadRequest for a file that is no certificate."""
        return [_shown(part, file) for part, file in self._files()]

    def _files(self) -> Iterator[tuple[Part, Path]]:
        single: tuple[tuple[Part, Path], ...] = (
            ("ours", self._own),
            ("authority", self.authority_file),
        )
        yield from ((part, file) for part, file in single if file.exists())
        folders: tuple[Part, ...] = ("trusted", "issued")
        for part in folders:
            yield from ((part, file) for file in sorted((self._folder / part).glob("*.pem")))

    def _authority(self) -> Pair:
        key = self.authority_file.with_suffix(".key")
        if not (self.authority_file.exists() and key.exists()):
            raise UnknownName(
                "there is no authority here yet; `arca certificate authority` makes it"
            )
        return Pair(_read(self.authority_file), _read(key))

    def _keep(self, file: Path, pair: Pair) -> None:
        """The key first: a stop between the two leaves a pair that does not match, and says so."""
        _write(file.with_suffix(".key"), pair.key, 0o600)
        _write(file, pair.certificate, 0o644)

    def _believe(self) -> None:
        files = [self.authority_file, *sorted((self._folder / "trusted").glob("*.pem"))]
        together = b"\n".join(_read(file) for file in files if file.exists())
        _write(self.credentials.authorities, together, 0o644)

    def _named(self, part: Part, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadRequest(f"name '{name}': use 1 to 63 letters, digits, dots, dashes")
        return self._folder / part / f"{name}.pem"


def _shown(part: Part, file: Path) -> Certificate:
    found = making.read(_read(file))
    return Certificate(
        part,
        file.name,
        found.subject.rfc4514_string(),
        found.issuer.rfc4514_string(),
        making.names_in(found),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        found.fingerprint(SHA256()).hex(),
    )


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST_FILE:
        raise BadRequest(f"{file} is too large to be a certificate")
    return content


def _write(file: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, also after a power cut."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
