"""pynetdicom as a receiver: writes each object as it came to a file of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from pynetdicom import AE, AllStoragePresentationContexts, evt


def main(port: int, folder: Path) -> None:
    def store(event: evt.Event) -> int:
        name = str(event.request.AffectedSOPInstanceUID)
        (folder / f"{name}.dcm").write_bytes(event.encoded_dataset())
        return 0x0000

    listener = AE(ae_title="BENCH")
    listener.maximum_associations = 100
    listener.maximum_pdu_size = 131072
    listener.supported_contexts = AllStoragePresentationContexts
    listener.add_supported_context("1.2.840.10008.1.1")
    listener.start_server(("127.0.0.1", port), block=True, evt_handlers=[(evt.EVT_C_STORE, store)])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
