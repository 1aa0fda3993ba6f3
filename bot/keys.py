"""The secret key: encrypts case texts, marks the words of notes, makes a prompt's content fence unguessable and signs
receipts.

The key comes from the settings (``BYLAW_SECRET_KEY``) or, where they have none, from the file ``secret.key`` in the
data folder, which is created on the first run. Either may have several Fernet keys, newest first: the newest encrypts,
all of them decrypt, so a key is rotated by putting a new one first. `bylaw keys rotate` does that, and removes the old
ones when nothing uses them.

The fence key is derived from the *oldest* key. A fence belongs to the prompt, and the same message under the same
policy version must give the same prompt when it is judged again; putting a new key in front must not change it.
Only dropping the oldest key does. The key that signs receipts is derived in the same way, and is kept nowhere.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.languages.translation import marked
from classifier.errors import OperatorError

KEY_FILE = "secret.key"
UNREADABLE = marked("(This text cannot be read with the present key.)")  #: in English until it is shown

_FENCE_LABEL = b"bylaw: content fence, version 1"
_MARK_LABEL = b"bylaw: marks of words, version 1"
_RECEIPT_LABEL = b"bylaw: receipts, version 1"
_FOR_OWNER_ONLY = 0o600


class KeyTrouble(OperatorError):
    """The secret key isn't usable. The text is one line that says what to do, and never contains the key."""


class Signer:
    """Signs receipts with Ed25519, so that anybody with the public key can verify what this installation stated."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(key)

    def __repr__(self) -> str:
        return "Signer()"

    @property
    def public_key(self) -> bytes:
        """The public key: 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Sign data: 64 bytes, deterministic."""
        return self._key.sign(data)


class Cipher:
    """Encrypts texts for the database and reads them back."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._newest = Fernet(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._mark_keys = tuple(_derived(key, _MARK_LABEL) for key in keys)
        self.signer = Signer(_derived(keys[-1], _RECEIPT_LABEL))

    def __repr__(self) -> str:
        return "Cipher()"

    def encrypt(self, text: str) -> bytes:
        """Encrypt a text with the newest key. Not deterministic: encrypting a text twice gives different results."""
        return self._fernet.encrypt(text.encode("utf-8", "replace"))

    def decrypt(self, token: bytes) -> str | None:
        """Decrypt a text. None if none of the current keys fits or the stored bytes were changed."""
        try:
            return self._fernet.decrypt(token).decode("utf-8")
        except (InvalidToken, UnicodeDecodeError):
            return None

    def is_newest(self, token: bytes) -> bool:
        """Is this text encrypted with the newest key?"""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return False
        return True

    def renewed(self, token: bytes) -> bytes | None:
        """Re-encrypt a text with the newest key. None if none of the current keys decrypts it."""
        try:
            return self._fernet.rotate(token)
        except InvalidToken:
            return None

    def mark(self, text: str) -> int:
        """A keyed digest of the text, to find equal texts: 64 bits with a sign, as databases hold them."""
        return _mark(self._mark_keys[0], text)

    def marks(self, text: str) -> tuple[int, ...]:
        """The digests of the text under every key, all of which a search has to match."""
        return tuple(_mark(key, text) for key in self._mark_keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The parts of the secret key that the rest of the bot uses."""

    cipher: Cipher = field(repr=False)
    fence_key: bytes = field(repr=False)  #: 32 bytes


def new_key() -> str:
    """A fresh Fernet key, as it goes into ``BYLAW_SECRET_KEY``."""
    return Fernet.generate_key().decode("ascii")


def keys_from(text: str, *, source: str) -> Keys:
    """Read one or several Fernet keys, newest first, separated by commas or line ends.

    Args:
        source: where the text comes from, for errors.

    Raises:
        KeyTrouble: there is no key, or one that is not a Fernet key.
    """
    keys = tuple(part.encode() for part in text.replace(",", "\n").split())
    if not keys:
        raise KeyTrouble(
            f"{source} holds no key: put your key there. If you never had one, remove it: `bylaw run` makes one."
        )
    try:
        cipher = Cipher(keys)
    except ValueError:
        raise KeyTrouble(
            f"{source} holds something that is not a Fernet key (44 characters, the last one '='): put the right "
            "one there. `bylaw keys new` prints a new one."
        ) from None
    return Keys(cipher=cipher, fence_key=_derived(keys[-1], _FENCE_LABEL))


def load_keys(secret_key: str | None, data_dir: Path) -> Keys:
    """Load the keys from the settings, or if those have none from the key file, which is created if missing.

    If the settings have a key, the file is not read.

    Raises:
        KeyTrouble: the key is malformed, or the file can't be read, created or protected from other users.
    """
    if secret_key is not None:
        return keys_from(secret_key, source="BYLAW_SECRET_KEY")
    path = data_dir / KEY_FILE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        return keys_from(_read(path), source=str(path))
    except OSError as error:
        raise KeyTrouble(
            f"The key file {path} cannot be used ({error.strerror}): make {data_dir} a folder that this user can "
            "write to, or set BYLAW_SECRET_KEY."
        ) from None
    except UnicodeDecodeError:
        raise KeyTrouble(f"{path} is not a key file: put the right one back.") from None


def _mark(key: bytes, text: str) -> int:
    digest = hmac.digest(key, text.encode("utf-8", "replace"), "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


def _derived(key: bytes, label: bytes) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=label)
    return derivation.derive(base64.urlsafe_b64decode(key))


def keys_in_file(path: Path) -> tuple[str, ...]:
    """The keys of a key file, newest first.

    Raises:
        KeyTrouble: there is no such file, it has no keys, or other users can read it.
    """
    try:
        text = _read(path)
    except FileNotFoundError:
        raise KeyTrouble(
            f"There is no key file {path.absolute()}: run this in the bot's folder, or set BYLAW_DATA_DIR as the bot "
            "has it. The first `bylaw run` makes the file."
        ) from None
    except OSError as error:
        raise KeyTrouble(
            f"The key file {path} cannot be read ({error.strerror}): run this as the bot's user."
        ) from None
    except UnicodeDecodeError:
        raise KeyTrouble(f"{path} is not a key file: put the right one back.") from None
    keys_from(text, source=str(path))
    return tuple(text.replace(",", "\n").split())


def write_keys(path: Path, keys: tuple[str, ...]) -> None:
    """Replace the keys of a key file atomically.

    Raises:
        KeyTrouble: the file can't be written; it is unchanged.
    """
    try:
        _write(path, "".join(f"{key}\n" for key in keys), put=Path.replace)
    except OSError as error:
        raise KeyTrouble(
            f"The key file {path} cannot be written ({error.strerror}): give this user the right to write to "
            "its folder."
        ) from None


def _make(path: Path) -> None:
    """Create a key file atomically. If another process is first, its file stays."""
    try:
        _write(path, f"{new_key()}\n", put=os.link)  # a hard link never overwrites an existing key
    except FileExistsError:
        return


def _write(path: Path, content: str, *, put: Callable[[Path, Path], object]) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FOR_OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put(draft, path)
        _settle(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Sync the folder, so that the file survives a power cut: texts are about to be encrypted with its keys."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> str:
    if path.is_dir():
        raise KeyTrouble(f"{path} is a folder: put the key file there instead.")
    others = stat.S_IRWXG | stat.S_IRWXO
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & others:
        raise KeyTrouble(f"{path} can be read by other users of this machine: run `chmod 600 {path}` and start again.")
    return path.read_text(encoding="ascii")
