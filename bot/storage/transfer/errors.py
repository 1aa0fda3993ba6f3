"""Errors of exporting and importing a server."""

from __future__ import annotations

from bot.storage.database.errors import StorageError


class TransferError(StorageError):
    """The server can't be exported or imported; nothing was written. The text is one line for operators."""
