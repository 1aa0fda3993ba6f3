"""Addresses of servers, as operators write them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def base_url(url: str) -> str:
    """An endpoint's address without a final ``/v1``.

    Raises:
        ValueError: the address cannot be used; the message says what to change, without quoting it.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("an address must look like http://host:8000") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("each address must begin with http:// or https://, such as http://host:8000")
    if parts.username or parts.password:
        raise ValueError("do not put a user name or password into an address: put the key into BYLAW_REMOTE_KEY")
    if parts.query or parts.fragment:
        raise ValueError("an address has no ? or #; write it like http://host:8000")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v1')}"


def travels_in_the_open(url: str) -> bool:
    """Whether what is sent there can be read on the way: plain HTTP that leaves this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "http" and not loopback
