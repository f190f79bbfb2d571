"""A receiver's worst habit, for comparison: it acknowledges what only the page cache has.

A rig that cannot make this one lose proves nothing about the others.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.system.images import ct


def main(folder: Path, log: Path, source: int) -> None:
    """Write objects under `folder` and acknowledge each in `log` without any sync."""
    acknowledged = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    number = 0
    while True:
        number += 1
        image = ct(number, source=source, pixels=4096)
        part = folder / "part"
        part.write_bytes(image.content)
        part.rename(folder / image.digest)
        line = f"0000 {image.sop_instance_uid} {image.digest} {image.study_uid}\n"
        os.write(acknowledged, line.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
