"""What a failed connection means: whether anything can have been sent, and whether trying again helps."""

from __future__ import annotations

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from cartage.errors import BatchError

NO_TRUST = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")


def never_sent(error: requests.RequestException) -> bool:
    """Tell whether no byte of the request can have left: the connection itself failed."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError, ProxyError))


def check_trust(base_url: str, error: requests.RequestException) -> None:
    """Tell a handshake that no retry mends from a connection that broke later on.

    Raises:
        BatchError: when the server could not prove its name, or speaks no TLS.
    """
    if isinstance(error, requests.exceptions.SSLError) and any(word in str(error) for word in NO_TRUST):
        raise BatchError(
            f"{base_url}: no trusted TLS connection; check the connection's host, and the certificate authorities of "
            f"this machine"
        ) from error
