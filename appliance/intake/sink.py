"""One object on its way from an association into the store."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.dicom.header import Header, HeaderError, Scanner
from appliance.dicom.part10 import file_header
from appliance.intake.desk import Desk
from appliance.intake.model import (
    NOT_UNDERSTOOD,
    OUT_OF_RESOURCES,
    Identity,
    Refusal,
    check_header,
    study_uid_of,
)
from appliance.intake.quarantine import Quarantined
from appliance.network.services import Answer
from storage.errors import StoreError
from storage.store import Buffer, Incoming, Receipt

# While its header is not known an object is held: if it cannot be understood, all of it can
# still go to quarantine.
_MOST_HELD = 256 << 10


class Sink:
    """See `network.services.StoreSink`: never raises for expected trouble."""

    def __init__(self, desk: Desk, identity: Identity, refusal: Refusal | None) -> None:
        self._desk = desk
        self._identity = identity
        self._refusal = refusal
        self._scanner = Scanner(identity.transfer_syntax_uid)
        self._header: Header | None = None
        self._held: list[Buffer] = []
        self._held_bytes = 0
        self._bytes = 0
        self._incoming: Incoming | None = None
        self._quarantined: Quarantined | None = None
        self._ended = False

    def write(self, fragments: Sequence[memoryview]) -> None:
        total = sum(map(len, fragments))
        self._bytes += total
        if self._refusal is None and self._bytes > self._desk.largest_object:
            self._refuse(Refusal(NOT_UNDERSTOOD, "the object is larger than allowed"))
        if self._refusal is None and self._header is None:
            self._scan(fragments)
        if self._refusal is not None:
            self._put_aside(fragments)
        elif self._header is None and self._held_bytes + total <= _MOST_HELD:
            self._held += [bytes(fragment) for fragment in fragments]
            self._held_bytes += total
        else:
            self._append(fragments)

    def finish(self) -> Answer:
        if self._header is None and self._refusal is None:
            self._end_scan()
        receipt = self._commit() if self._refusal is None else None
        self._ended = True
        if receipt is not None and self._header is not None:
            return self._desk.kept(self._identity, receipt, self._header)
        return self._answer_refusal()

    def discard(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._desk.broke_off()
        if self._incoming is not None:
            self._incoming.discard()
        if self._quarantined is not None:
            self._quarantined.discard()

    def _scan(self, fragments: Sequence[memoryview]) -> None:
        try:
            for fragment in fragments:
                self._header = self._scanner.feed(fragment)
                if self._header is not None:
                    return self._check(self._header)
        except HeaderError as error:
            self._refuse(Refusal(NOT_UNDERSTOOD, str(error)))

    def _end_scan(self) -> None:
        try:
            self._header = self._scanner.finish()
        except HeaderError as error:
            self._refuse(Refusal(NOT_UNDERSTOOD, str(error)))
        else:
            self._check(self._header)

    def _check(self, header: Header) -> None:
        refusal = check_header(self._identity, header)
        if refusal is not None:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        """Take no more of it, but for quarantine when it is all here and not understood."""
        self._refusal = refusal
        held, self._held = self._held, []
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None
        elif refusal.status == NOT_UNDERSTOOD and self._bytes <= self._desk.largest_object:
            self._quarantined = self._desk.begin_quarantine()
            self._put_aside([self._file_header(), *held])

    def _put_aside(self, fragments: Sequence[Buffer]) -> None:
        if self._quarantined is not None:
            self._quarantined.write(fragments)

    def _answer_refusal(self) -> Answer:
        assert self._refusal is not None
        aside = self._quarantined
        path = aside.path if aside is not None and aside.close() else None
        return self._desk.refused(self._identity, self._refusal, path)

    def _append(self, fragments: Sequence[Buffer]) -> None:
        """Everything that was held, and `fragments`; a store that cannot refuses the object."""
        if self._held:
            fragments, self._held = [*self._held, *fragments], []
        try:
            if self._incoming is None:
                self._incoming = self._desk.store.receive(self._file_header())
            if fragments:
                self._incoming.write(fragments)
        except StoreError as error:
            self._refuse(Refusal(OUT_OF_RESOURCES, str(error)))

    def _commit(self) -> Receipt | None:
        assert self._header is not None
        if self._held or self._incoming is None:
            self._append(())
        if self._incoming is None:
            return None
        study = study_uid_of(self._identity, self._header)
        try:
            return self._incoming.commit(
                self._identity.sop_instance_uid, study, self._identity.notes
            )
        except StoreError as error:
            self._refuse(Refusal(OUT_OF_RESOURCES, str(error)))
            return None

    def _file_header(self) -> bytes:
        identity = self._identity
        return file_header(
            identity.sop_class_uid, identity.sop_instance_uid, identity.transfer_syntax_uid
        )
