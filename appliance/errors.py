"""Whose fault it is, and so who must act.

    ApplianceError
    ├── ConfigError   the operator: names the file and the key
    └── PeerError     the other side: answer it, note it, go on
Bytes at risk are `storage.errors.StoreError`.
"""


class ApplianceError(Exception):
    """Something a person can act on; its text is written for that person."""


class ConfigError(ApplianceError):
    """The configuration must be mended."""


class PeerError(ApplianceError):
    """A remote system did, or refused, something."""


class UnknownName(ApplianceError):
    """A node, rule, study or transfer of that name does not exist."""


class NameTaken(ApplianceError):
    """Another one has that name already."""


class BadRequest(ApplianceError):
    """What was asked for makes no sense; the text says why."""
