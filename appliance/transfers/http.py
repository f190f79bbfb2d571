"""What goes wrong between us and a web server, in the queue's own words and kinds."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from appliance.network.distrust import callee_untrusted
from appliance.network.errors import AssociationFailed

_PERMANENT = {
    401: "does not accept our token. Give the node a token that is valid there.",
    403: "accepts our token but does not let us store. Allow that for the token there.",
    404: "knows no such address. Correct the node's URL: what stands before /studies.",
    405: "takes nothing there. Correct the node's URL: what stands before /studies.",
    501: "does not offer storing (STOW-RS). Switch it on there.",
}


@contextmanager
def failures(url: str) -> Iterator[None]:
    """Raises AssociationFailed for whatever keeps a request from being answered."""
    try:
        yield
    except httpx.TimeoutException:
        words = f"{url} did not answer in time. It is overloaded, off, or a firewall is between."
        raise AssociationFailed("timeout", words) from None
    except httpx.ConnectError as error:
        raise _not_connected(url, error) from error
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        raise nonsense(url, str(error)) from error
    except httpx.TransportError as error:
        words = f"The connection to {url} broke ({error or type(error).__name__})."
        raise AssociationFailed("broken", words) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        words = f"{url} is no address: {error}. Correct the node's URL."
        raise AssociationFailed("rejected_permanent", words) from error


def refused(url: str, code: int) -> AssociationFailed:
    """The server answered, but not about the object."""
    if code in _PERMANENT:
        return AssociationFailed("rejected_permanent", f"{url} {_PERMANENT[code]} (HTTP {code})")
    if code < 400:
        words = f"{url} sends us elsewhere (HTTP {code}). Put the address it means into the node."
        return AssociationFailed("rejected_permanent", words)
    words = f"{url} cannot take anything now (HTTP {code}); it is tried again."
    return AssociationFailed("rejected_transient", words)


def nonsense(url: str, what: str) -> AssociationFailed:
    """It does not speak HTTP as one must."""
    return AssociationFailed("not_dicom", f"{url} gave {what}: it may not be a DICOMweb server.")


def _not_connected(url: str, error: httpx.ConnectError) -> AssociationFailed:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return AssociationFailed("tls", callee_untrusted(url, cause))
        if isinstance(cause, ConnectionRefusedError):
            words = f"{url} refused the connection: nothing listens on that port. Check the URL."
            return AssociationFailed("refused_connection", words)
    words = f"{url} cannot be reached ({error}). Check name and network."
    return AssociationFailed("unreachable", words)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies behind it; a host with several addresses failed several times."""
    behind = [error.__cause__ or error.__context__]
    if isinstance(error, BaseExceptionGroup):
        behind += error.exceptions
    yield error
    for one in behind:
        if one is not None:
            yield from _causes(one)
