"""The format of an exported server: lines of JSON, each encrypted with the passphrase and numbered, with a digest at
the end.

The first line says in clear what the file is. The second names the server and how many rows of each table follow; then
there is a line for each row, and finally one with a digest of all lines before it. So missing, changed, moved or
foreign lines are detected, and so is a file that ends too early.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from bot.storage.transfer.errors import TransferError
from bot.storage.transfer.sealing import Seal, new_salt

FORMAT = "bylaw-server"
VERSION = 1  #: version of the format; files with another one are refused
_LONGEST_LINE = 64 << 20  # bytes; the longest case is far below
_NOTHING = "Nothing was imported."


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line."""

    format: str = FORMAT
    version: int = VERSION
    bylaw: str  #: the version that wrote it
    revision: str  #: of the database
    exported_at: str  #: in UTC
    encrypted: bool
    salt: str = ""  #: in base64


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCounts:
    """The rows of one table in the file."""

    rows: int
    first: int = 0  #: the smallest id assigned by the database, 0 if it assigns none
    last: int = 0  #: the largest


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The second line."""

    guild_id: int
    tables: Mapping[str, TableCounts]


class TransferWriter:
    """Writes such a file, line by line."""

    def __init__(self, file: BinaryIO, *, passphrase: str | None) -> None:
        salt = new_salt()
        self._file = file
        self._seal = None if passphrase is None else Seal(passphrase, salt)
        self._salt = "" if passphrase is None else base64.b64encode(salt).decode("ascii")
        self._digest = hashlib.sha256()
        self._number = 0

    def begin(self, contents: Contents, *, bylaw: str, revision: str, exported_at: str) -> None:
        """Write the header and the contents."""
        encrypted = self._seal is not None
        header = Header(bylaw=bylaw, revision=revision, exported_at=exported_at, encrypted=encrypted, salt=self._salt)
        self._put(_json(asdict(header)))
        self._write({"server": asdict(contents)})

    def row(self, table: str, row: Mapping[str, Any]) -> None:
        """Write a row."""
        self._write({"table": table, "row": row})

    def end(self) -> None:
        """Write the last line. A file without it is refused."""
        self._write({"end": self._digest.hexdigest()})

    def _write(self, record: Mapping[str, Any]) -> None:
        self._number += 1
        line = _json([self._number, record])
        self._put(self._seal.close(line) if self._seal else line)

    def _put(self, line: bytes) -> None:
        self._digest.update(line + b"\n")
        self._file.write(line + b"\n")


class TransferReader:
    """Reads such a file and trusts nothing in it.

    Args:
        name: of the file, for messages.

    Raises:
        TransferError: the file is something else, or its passphrase is missing or not needed.
    """

    def __init__(self, file: BinaryIO, *, name: str, passphrase: str | None) -> None:
        self._file = file
        self._name = name
        self._digest = hashlib.sha256()
        self._number = 0
        self.header = self._read_header()
        if self.header.encrypted and passphrase is None:
            raise TransferError(f"{name} is encrypted: name the file with its passphrase (--passphrase-file).")
        if not self.header.encrypted and passphrase is not None:
            raise TransferError(f"{name} is not encrypted: leave --passphrase-file out if that is as it should be.")
        self._seal = Seal(passphrase, self._salt()) if passphrase is not None else None

    def contents(self) -> Contents:
        """The second line.

        Raises:
            TransferError: the passphrase is wrong, or the line was changed.
        """
        found: Any = self._next().get("server")
        try:
            tables = {
                str(name): TableCounts(**{key: int(number) for key, number in counts.items()})
                for name, counts in found["tables"].items()
            }
            return Contents(guild_id=int(found["guild_id"]), tables=tables)
        except (TypeError, KeyError, AttributeError, ValueError):
            raise self._damaged() from None

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each row with its table's name, up to the end of the file.

        Raises:
            TransferError: a line was changed or is missing, or the file ends too early.
        """
        while True:
            before = self._digest.hexdigest()
            record = self._next()
            if "end" in record:
                if record["end"] != before or self._file.read(1):
                    raise self._damaged()
                return
            table, row = record.get("table"), record.get("row")
            if not isinstance(table, str) or not isinstance(row, dict):
                raise self._damaged()
            yield table, row

    def _read_header(self) -> Header:
        try:
            given = json.loads(self._line())
            is_ours = given["format"] == FORMAT
        except (TypeError, KeyError, ValueError, RecursionError):
            is_ours = False
        if not is_ours:
            raise TransferError(f"{self._name} is no export of a server: name a file that `bylaw server export` wrote.")
        if given.get("version") != VERSION:
            raise TransferError(
                f"{self._name} was written in a form that this version of Bylaw does not read: install the version "
                f"that wrote it. {_NOTHING}"
            )
        try:
            return Header(**given)
        except TypeError:
            raise self._damaged() from None

    def _salt(self) -> bytes:
        try:
            return base64.b64decode(self.header.salt, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise self._damaged() from None

    def _next(self) -> dict[str, Any]:
        line = self._line()
        if not line:
            raise TransferError(f"{self._name} ends too early: copy it again from where it was made. {_NOTHING}")
        self._number += 1
        opened = self._seal.open(line) if self._seal else line
        if opened is None and self._number == 1:
            raise TransferError(f"The passphrase does not open {self._name}: use the one it was made with. {_NOTHING}")
        try:
            number, record = json.loads(opened or b"")
        except (TypeError, ValueError, RecursionError):
            raise self._damaged() from None
        if number != self._number or not isinstance(record, dict):
            raise self._damaged()
        return record

    def _line(self) -> bytes:
        """The next line without its line break; empty at the end of the file, and if a line was cut off."""
        line = self._file.readline(_LONGEST_LINE)
        self._digest.update(line)
        return line[:-1] if line.endswith(b"\n") else b""

    def _damaged(self) -> TransferError:
        return TransferError(
            f"{self._name} is damaged or was changed in line {self._number + 1}: copy it again from where it was made. "
            f"{_NOTHING}"
        )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")
