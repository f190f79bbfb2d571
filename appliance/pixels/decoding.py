"""Encoded frames to arrays: rows, columns and, for colour, three samples side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import imagecodecs
import numpy as np

from appliance.pixels import model
from appliance.pixels.codestream import Codestream, inspect
from appliance.pixels.image import Image
from appliance.pixels.model import PixelError

Array: TypeAlias = np.ndarray[Any, Any]

_DCT = frozenset({model.JPEG_BASELINE, model.JPEG_EXTENDED})
_LOSSLESS_JPEG = frozenset({model.JPEG_LOSSLESS, model.JPEG_LOSSLESS_SV1})
_LS = frozenset({model.JPEG_LS, model.JPEG_LS_NEAR})
_WAVELET = frozenset({model.JPEG_2000_LOSSLESS, model.JPEG_2000})
_HIGH_THROUGHPUT = frozenset({model.HTJ2K_LOSSLESS, model.HTJ2K_RPCL, model.HTJ2K})


def photometric_after(image: Image, syntax: str, stream: Codestream | None) -> str:
    """The Photometric Interpretation of what `decode` gives."""
    if image.samples != 3 or stream is None:
        return image.photometric
    if syntax in _DCT:
        return "RGB"
    if image.photometric in ("YBR_RCT", "YBR_ICT"):
        return "RGB"  # the codec undoes what belongs to the codestream (PS3.5 §8.2.4)
    return image.photometric.replace("YBR_FULL_422", "YBR_FULL")


def decode(data: bytes, image: Image, syntax: str) -> Array:
    """One frame of an encapsulated transfer syntax, as the stored words of native pixel data.

    Raises `PixelError`.
    """
    if image.allocated not in (8, 16, 32):
        raise PixelError(f"samples of {image.allocated} bits are never compressed")
    if syntax == model.RLE:
        return _run_length(data, image)
    stream = inspect(data)
    _compare(stream, image)
    try:
        pixels = _codec(syntax, stream, image)(data)
    # A codec raises its own errors, all of them RuntimeErrors, or finds no room.
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        words = str(error) or type(error).__name__
        raise PixelError(f"a compressed frame cannot be decoded: {words[:200]}") from None
    return _words(_shaped(np.asarray(pixels), image), image, stream)


def _codec(syntax: str, stream: Codestream, image: Image) -> Callable[[bytes], Any]:
    if syntax in _DCT:
        return lambda data: _dct(data, stream, image)
    if syntax in _LOSSLESS_JPEG:
        return lambda data: _lossless(data, image)
    if syntax in _LS:
        return imagecodecs.jpegls_decode
    if syntax in _WAVELET:
        return imagecodecs.jpeg2k_decode
    if syntax in _HIGH_THROUGHPUT:
        return lambda data: imagecodecs.htj2k_decode(data, planar=False)
    raise PixelError(f"transfer syntax {syntax} cannot be decoded")


def _dct(data: bytes, stream: Codestream, image: Image) -> Any:
    """Colours come as RGB, whatever the codestream keeps them as."""
    if image.samples == 1:
        return imagecodecs.jpeg8_decode(data)
    # Without a word of the codestream the data set's word counts.
    if image.photometric == "RGB" and not stream.names_colours:
        return imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB")
    if image.photometric.startswith("YBR") and stream.adobe is None:
        return imagecodecs.jpeg8_decode(data, colorspace="YCBCR", outcolorspace="RGB")
    return imagecodecs.jpeg8_decode(data, outcolorspace="RGB")


def _lossless(data: bytes, image: Image) -> Any:
    """Samples as they are: a colour transform would not be lossless."""
    if image.samples == 1:
        return imagecodecs.jpeg8_decode(data)
    return imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB")


def _compare(stream: Codestream, image: Image) -> None:
    """Before decoding: a small frame may announce gigabytes."""
    said = stream.rows, stream.columns, stream.components
    wanted = image.rows, image.columns, image.samples
    if said != wanted:
        raise PixelError(
            f"a compressed frame has {said[0]} rows, {said[1]} columns and {said[2]} samples, "
            f"the data set says {wanted[0]}, {wanted[1]} and {wanted[2]}"
        )
    if stream.precision > image.allocated:
        raise PixelError(
            f"a compressed frame has {stream.precision} bits per sample, the data set allocates "
            f"{image.allocated}"
        )


def _shaped(pixels: Array, image: Image) -> Array:
    wanted = (image.rows, image.columns) + ((3,) if image.samples == 3 else ())
    if pixels.shape != wanted:
        raise PixelError(f"a compressed frame was decoded to {pixels.shape}, not {wanted}")
    return pixels


def _words(pixels: Array, image: Image, stream: Codestream) -> Array:
    """The samples in words of Bits Allocated, extended with their sign when they have one.

    A codestream does not always know that its samples are signed: then its bits are the
    two's complement, as wide as its precision.
    """
    word = np.dtype(f"{'i' if image.signed else 'u'}{image.width}")
    if not image.signed:
        if pixels.dtype.kind == "i":
            pixels = pixels.astype(np.int64) & ((1 << stream.precision) - 1)
        return pixels.astype(word)
    if pixels.dtype.kind == "i":
        return pixels.astype(word)
    beyond = 8 * image.width - min(stream.precision, 8 * image.width)
    return (pixels.astype(word) << beyond) >> beyond


def _run_length(data: bytes, image: Image) -> Array:
    """RLE (PS3.5 Annex G): one segment per byte of a sample, the highest first."""
    if len(data) < 64:
        raise PixelError("an RLE frame ends within its header")
    count, *offsets = np.frombuffer(data, "<u4", 16).tolist()
    if count != image.samples * image.width:
        raise PixelError(
            f"an RLE frame has {count} segments, {image.samples * image.width} belong to it"
        )
    area = image.rows * image.columns
    offsets = [*offsets[:count], len(data)]
    planes = [_unpacked(data[offsets[n] : offsets[n + 1]], area) for n in range(count)]
    whole = np.stack(planes).reshape(image.samples, image.width, area)[:, ::-1]
    samples = np.ascontiguousarray(whole.transpose(2, 0, 1)).view(f"<u{image.width}")
    shape = (image.rows, image.columns) + ((3,) if image.samples == 3 else ())
    word = f"<{'i' if image.signed else 'u'}{image.width}"
    return samples.reshape(shape).view(word)


def _unpacked(segment: bytes, size: int) -> Array:
    # PackBits makes at most 128 bytes of 2: what says more is cut off before it is unpacked.
    try:
        plane = np.frombuffer(imagecodecs.packbits_decode(segment), np.uint8)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise PixelError(f"an RLE frame cannot be decoded: {error}") from None
    if plane.size < size:
        raise PixelError(f"an RLE segment has {plane.size} bytes, {size} belong to it")
    return plane[:size]
