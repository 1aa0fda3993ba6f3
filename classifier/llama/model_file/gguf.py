"""Read the header of a GGUF file: what it says about itself, and how long it must be to be whole.

The file was downloaded from somewhere, so nothing in it is believed: every length is checked against the file's size
before it is used, counts are bounded, and nothing is mapped into memory (a file cut short while it is mapped kills the
process that reads it). The `gguf` package does none of this and is not a dependency at run time.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

Scalar = str | int | float | bool

_MAX_KEYS = 10_000
_MAX_TENSORS = 100_000
_MAX_NAME = 65_535
_MAX_KEPT_STRING = 1 << 20  # longer strings are stepped over
_MAX_ITEMS = 4_000_000
_MAX_DIMENSIONS = 4
_STRING, _ARRAY = 8, 9
_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}

#: Tensor type -> (values in a block, bytes of a block); from ggml's type table.
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


class GgufError(ValueError):
    """The file is not a GGUF file that this reader understands."""


class GgufCutShort(GgufError):
    """The file ends before everything that its header announces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPlace:
    """Where an array of the header lies."""

    item_type: int
    count: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """What a GGUF file says about itself."""

    values: Mapping[str, Scalar]
    arrays: Mapping[str, ArrayPlace]
    tensors: int
    whole_size: int  #: bytes that the file has when nothing is missing

    def text(self, key: str) -> str:
        """The string under `key`; empty when there is none."""
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int = 0) -> int:
        """The whole number under `key`."""
        value = self.values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else default


class _Reader:
    """Reads forward and never past the end of the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, 2)
        file.seek(0)

    @property
    def at(self) -> int:
        return self._file.tell()

    def take(self, length: int) -> bytes:
        data = self._file.read(length) if 0 <= length <= self.size else b""
        if len(data) != length:
            raise GgufCutShort("the file ends inside its header")
        return data

    def skip(self, length: int) -> None:
        if length > self.size - self.at:
            raise GgufCutShort("the file ends inside its header")
        self._file.seek(length, 1)

    def number(self, fmt: str) -> int:
        return int(struct.unpack(fmt, self.take(struct.calcsize(fmt)))[0])

    def string(self, limit: int) -> str | None:
        """The next string, or None when it is longer than `limit` bytes."""
        length = self.number("<Q")
        if length > limit:
            self.skip(length)
            return None
        return self.take(length).decode("utf-8", "replace")

    def name(self) -> str:
        name = self.string(_MAX_NAME)
        if name is None:
            raise GgufError("a name in the header is too long")
        return name

    def scalar(self, kind: int) -> Scalar | None:
        if kind == _STRING:
            return self.string(_MAX_KEPT_STRING)
        if kind not in _FORMATS:
            raise GgufError(f"a value of unknown type {kind}")
        fmt = _FORMATS[kind]
        value: Scalar = struct.unpack(fmt, self.take(struct.calcsize(fmt)))[0]
        return value

    def array(self) -> ArrayPlace:
        kind, count = self.number("<I"), self.number("<Q")
        if count > _MAX_ITEMS:
            raise GgufError(f"an array of {count} items")
        place = ArrayPlace(item_type=kind, count=count, offset=self.at)
        if kind == _STRING:
            for _ in range(count):
                self.skip(self.number("<Q"))
        elif kind in _FORMATS:
            self.skip(count * struct.calcsize(_FORMATS[kind]))
        else:
            raise GgufError(f"an array of unknown type {kind}")
        return place


def read_header(path: Path) -> GgufHeader:
    """Read what `path` says about itself.

    Raises:
        OSError: the file cannot be read.
        GgufError: it is not a GGUF file of version 2 or 3, or its header is not valid.
        GgufCutShort: its header is not complete. A file whose tensors are cut short has a header all the same:
            compare `GgufHeader.whole_size` with the file's size.
    """
    with path.open("rb") as file:
        reader = _Reader(file)
        if file.read(4) != b"GGUF":
            raise GgufError("the file does not begin with GGUF")
        version = reader.number("<I")
        if version not in (2, 3):
            raise GgufError(f"GGUF version {version} is not known")
        tensors, keys = reader.number("<Q"), reader.number("<Q")
        if tensors > _MAX_TENSORS or keys > _MAX_KEYS:
            raise GgufError(f"{tensors} tensors and {keys} keys")
        values, arrays = _read_keys(reader, keys)
        end = max((_read_tensor_end(reader) for _ in range(tensors)), default=0)
        alignment = values.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
            raise GgufError("general.alignment is not valid")
        start = -(-reader.at // alignment) * alignment
        return GgufHeader(
            values=values, arrays=arrays, tensors=tensors, whole_size=start + end if tensors else reader.at
        )


def _read_keys(reader: _Reader, count: int) -> tuple[dict[str, Scalar], dict[str, ArrayPlace]]:
    values: dict[str, Scalar] = {}
    arrays: dict[str, ArrayPlace] = {}
    for _ in range(count):
        key, kind = reader.name(), reader.number("<I")
        if kind == _ARRAY:
            arrays[key] = reader.array()
        elif (value := reader.scalar(kind)) is not None:
            values[key] = value
    return values, arrays


def _read_tensor_end(reader: _Reader) -> int:
    """Where the next tensor ends, counted from the start of the data. A type not known here counts as empty."""
    reader.name()
    dimensions = reader.number("<I")
    if dimensions > _MAX_DIMENSIONS:
        raise GgufError(f"a tensor of {dimensions} dimensions")
    values = 1
    for _ in range(dimensions):
        values *= reader.number("<Q")
    per_block, block_bytes = BLOCKS.get(reader.number("<I"), (1, 0))
    return reader.number("<Q") + values // per_block * block_bytes


def read_strings(path: Path, place: ArrayPlace) -> list[bytes]:
    """The strings of an array that `read_header` found.

    Raises:
        GgufError: it holds something other than strings, or the file has changed since.
    """
    if place.item_type != _STRING:
        raise GgufError("an array of strings was expected")
    with path.open("rb") as file:
        reader = _Reader(file)
        reader.skip(place.offset)
        strings = []
        for _ in range(place.count):
            length = reader.number("<Q")
            if length > _MAX_NAME:
                raise GgufError("a string in a list is too long")
            strings.append(reader.take(length))
        return strings


def read_numbers(path: Path, place: ArrayPlace) -> list[int]:
    """The whole numbers of an array that `read_header` found.

    Raises:
        GgufError: it holds something other than whole numbers, or the file has changed since.
    """
    fmt = _FORMATS.get(place.item_type, "")
    if fmt in ("", "<?", "<f", "<d"):
        raise GgufError("an array of whole numbers was expected")
    with path.open("rb") as file:
        reader = _Reader(file)
        reader.skip(place.offset)
        data = reader.take(place.count * struct.calcsize(fmt))
    return [value for (value,) in struct.iter_unpack(fmt, data)]
