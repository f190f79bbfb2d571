"""`./run bench`, or `python tests/bench`: prints tables, asserts nothing."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType


def main() -> int:
    # Run as a folder, Python looks for modules in it instead of in the project.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from tests.bench import options, session
    from tests.bench.toolchain import Unavailable

    signal.signal(signal.SIGTERM, _leave)
    try:
        session.run(options.parse(sys.argv[1:]))
    except Unavailable as reason:
        sys.stderr.write(f"nothing was measured: {reason}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    # So that the receivers are ended and the folders removed on the way out.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
