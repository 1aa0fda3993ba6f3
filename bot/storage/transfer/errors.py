"""What can be wrong with a file, a passphrase or a server when a server is exported or imported."""

from __future__ import annotations

from bot.storage.database.errors import StorageError


class TransferError(StorageError):
    """A server cannot be exported or imported; nothing was written. The text is one line for operators."""
