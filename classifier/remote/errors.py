"""Errors between the bot and a server, each with one line that says what to do. No line contains a key, or anything
that was sent or answered.
"""

from __future__ import annotations

from classifier.errors import OperatorError


class RemoteError(OperatorError):
    """The endpoint cannot be used. Another one may do, or the same one later."""


class EndpointFailed(RemoteError):
    """No answer, or none that can be used: worth another attempt."""


class ServerFault(EndpointFailed):
    """The server failed at what it was asked, which may be its own fault or that of the request."""


class EndpointRefused(RemoteError):
    """The server works, but a retry would get the same answer: wrong key, wrong model, wrong kind of server."""


class RequestRefused(EndpointRefused):
    """The server refuses this one request. Others may do well, so it says nothing about the endpoint."""


class TooLongForServer(RemoteError):
    """The server has less room than it said. No other attempt helps."""


class RemoteStartError(RemoteError):
    """No endpoint can be used."""
