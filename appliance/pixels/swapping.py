"""Numbers in the other byte order."""

from __future__ import annotations

import numpy as np


def swapped(data: bytes, width: int) -> bytes:
    """Numbers of so many bytes in the other byte order; an incomplete one at the end stays."""
    if width == 1:
        return data
    whole = len(data) // width * width
    return np.frombuffer(data[:whole], f"u{width}").byteswap().tobytes() + data[whole:]
