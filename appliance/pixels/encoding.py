"""Arrays to encoded frames, without loss, and proven so: each is decoded again and compared."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np

from appliance.pixels import model
from appliance.pixels.decoding import Array, decode
from appliance.pixels.image import Image
from appliance.pixels.model import PixelError

_MOST_SEGMENTS = 15  # PS3.5 §G.5: what an RLE header has room for


def encode(pixels: Array, image: Image, syntax: str) -> bytes:
    """One frame in an encapsulated transfer syntax, padded to even length.

    Raises `PixelError` when that syntax cannot hold such pixels, or when what comes out of it
    would not be what went in.
    """
    pixels = np.ascontiguousarray(pixels)
    try:
        data = bytes(_encoded(pixels, image, syntax))
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise PixelError(
            f"{image.samples} samples of {image.allocated} bits cannot be kept in transfer syntax "
            f"{syntax}: {str(error)[:200]}"
        ) from None
    data += b"\0" * (len(data) % 2)
    if not np.array_equal(decode(data, image, syntax), pixels):
        raise PixelError(f"transfer syntax {syntax} would change pixels of this image")
    return data


def _encoded(pixels: Array, image: Image, syntax: str) -> bytes | bytearray:
    if syntax == model.RLE:
        return _run_length(pixels, image)
    if syntax == model.JPEG_2000_LOSSLESS:
        bits = _precision(pixels, image)
        return imagecodecs.jpeg2k_encode(
            pixels, level=0, codecformat="J2K", reversible=True, mct=False, bitspersample=bits
        )
    if syntax == model.HTJ2K_LOSSLESS:
        return imagecodecs.htj2k_encode(pixels, reversible=True, rgb=False)
    unsigned = pixels.view(f"u{pixels.dtype.itemsize}")
    if syntax == model.JPEG_LS:
        return imagecodecs.jpegls_encode(unsigned)
    if syntax in (model.JPEG_LOSSLESS, model.JPEG_LOSSLESS_SV1):
        return _lossless_jpeg(unsigned, image)
    raise PixelError(f"nothing is encoded in transfer syntax {syntax}")


def _lossless_jpeg(unsigned: Array, image: Image) -> bytes | bytearray:
    colours = "RGB" if image.samples == 3 else None
    return imagecodecs.jpeg8_encode(
        unsigned,
        lossless=True,
        predictor=1,
        bitspersample=8 * image.width if image.signed else _precision(unsigned, image),
        colorspace=colours,
        outcolorspace=colours,
    )


def _precision(pixels: Array, image: Image) -> int:
    """Bits Stored, or all allocated ones when something lies beside it (an old overlay)."""
    low, high = int(pixels.min()), int(pixels.max())
    bits = image.stored
    least, most = (-(1 << (bits - 1)), 1 << (bits - 1)) if image.signed else (0, 1 << bits)
    return max(bits, 2) if least <= low and high < most else 8 * image.width


def _run_length(pixels: Array, image: Image) -> bytes:
    """PS3.5 Annex G: each row of each byte plane packed by itself, the highest byte first."""
    count = image.samples * image.width
    if count > _MOST_SEGMENTS:
        raise PixelError(f"RLE has no room for {count} segments")
    raw = pixels.astype(pixels.dtype.newbyteorder("<")).view(np.uint8)
    planes = raw.reshape(image.rows, image.columns, image.samples, image.width)
    segments = [
        _packed(planes[:, :, sample, byte])
        for sample in range(image.samples)
        for byte in reversed(range(image.width))
    ]
    offsets, at = [], 64
    for segment in segments:
        offsets.append(at)
        at += len(segment)
    header = struct.pack("<16I", count, *offsets, *[0] * (15 - count))
    return header + b"".join(segments)


def _packed(plane: Array) -> bytes:
    whole = plane.copy(order="C").reshape(plane.shape)  # a view of one column keeps its strides
    packed = bytes(imagecodecs.packbits_encode(whole, axis=-1))
    return packed + b"\0" * (len(packed) % 2)
