"""Why the sandbox does not do what was asked, in a sentence for the person at the page."""

from __future__ import annotations


class SandboxRefusal(Exception):
    """Something cannot be done. The text says why and what to do."""

    status = 400  #: of the answer


class Gone(SandboxRefusal):
    """What the page shows is no longer there."""

    status = 409


class BadRequest(SandboxRefusal):
    """The page asked for something that makes no sense."""
