"""A stored object whose frames are wanted one by one."""

from __future__ import annotations

from appliance.pixels import model
from appliance.pixels.codestream import inspect
from appliance.pixels.colours import from_native
from appliance.pixels.decoding import Array, decode, photometric_after
from appliance.pixels.elements import Walker
from appliance.pixels.frames import Frames, frames_of
from appliance.pixels.image import Image, Survey, image_of, survey
from appliance.pixels.model import PixelError
from appliance.pixels.source import Source


class Stored:
    """An object whose frames are wanted one by one."""

    def __init__(self, source: Source, syntax: str, largest: int) -> None:
        self.walker = Walker(source)
        self.seen: Survey = survey(self.walker)
        if self.seen.pixels is None or self.seen.floating:
            raise PixelError("the object has no frames of integer pixels")
        self.image: Image = image_of(self.seen)
        if self.image.frame_size > largest:
            raise PixelError(f"a frame would take {self.image.frame_size} bytes")
        self._frames: Frames = frames_of(self.walker, self.seen, self.image)
        self._syntax = syntax

    def raw(self, number: int) -> bytes:
        """A frame's bytes as they are stored; the first is 1."""
        if not 1 <= number <= len(self._frames):
            raise PixelError(f"there is no frame {number}: the object has {len(self._frames)}")
        return self._frames[number - 1]

    def pixels(self, number: int) -> tuple[Array, Image]:
        """A frame by pixel, and its description."""
        data, image = self.raw(number), self.image
        if not self.seen.encapsulated:
            photometric = image.photometric.replace("YBR_FULL_422", "YBR_FULL")
            return from_native(data, image), image.decoded(photometric)
        stream = None if self._syntax == model.RLE else inspect(data)
        photometric = photometric_after(image, self._syntax, stream)
        return decode(data, image, self._syntax), image.decoded(photometric)
