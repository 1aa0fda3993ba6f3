"""Derives a key from a passphrase, and encrypts records with it: without the passphrase, nobody can read or change
one."""

from __future__ import annotations

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SHORTEST_PASSPHRASE = 16  #: characters
_COST, _BLOCK, _LANES = 2**15, 8, 1  # 32 MB and a tenth of a second for each guess
_SALT_BYTES = 16


def new_salt() -> bytes:
    """A salt for one file: the same passphrase gives a different key each time."""
    return secrets.token_bytes(_SALT_BYTES)


class Seal:
    """Encrypts records and opens them again."""

    def __init__(self, passphrase: str, salt: bytes) -> None:
        derivation = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_LANES)
        self._fernet = Fernet(base64.urlsafe_b64encode(derivation.derive(passphrase.encode("utf-8"))))

    def __repr__(self) -> str:
        return "Seal()"

    def close(self, record: bytes) -> bytes:
        """Encrypt a record, as one line of ASCII."""
        return self._fernet.encrypt(record)

    def open(self, line: bytes) -> bytes | None:
        """Decrypt a record. None if the key is wrong or a byte was changed."""
        try:
            record = self._fernet.decrypt(line)
            written = base64.urlsafe_b64encode(base64.urlsafe_b64decode(line))
        except (InvalidToken, ValueError):
            return None
        return record if written == line else None  # base64 itself ignores a few bits
