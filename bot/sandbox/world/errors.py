"""Errors of the sandbox, each a sentence for the person at the page."""

from __future__ import annotations


class SandboxRefusal(Exception):
    """The request is refused. The text says why and what to do."""

    status = 400  #: status of the response


class Gone(SandboxRefusal):
    """What the page shows no longer exists."""

    status = 409


class BadRequest(SandboxRefusal):
    """The page sent an invalid request."""
