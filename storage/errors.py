"""What can go wrong with a store, in words for the person who must act.

StoreError
├── Full        no room: make some, the sender will come again
├── Stopped     a write failed: nothing more is taken in until a restart
├── Missing     the object is not here
├── Corrupt     the bytes are not those that were put
├── Immutable   kept by retention or a legal hold
└── NotAUnit    the folder is not the unit it should be (drive not mounted?)
"""


class StoreError(Exception):
    """Bytes are at risk."""


class Full(StoreError):
    """No room is left above the watermark."""


class Stopped(StoreError):
    """An earlier write failed; the unit takes nothing in until it is opened anew."""


class Missing(StoreError):
    """No such object."""


class Corrupt(StoreError):
    """The bytes differ from those that were put."""


class Immutable(StoreError):
    """Retention or a legal hold forbids it."""


class NotAUnit(StoreError):
    """The folder does not hold the unit that was expected there."""
