"""The header reader believes nothing: whatever the bytes are, it answers or refuses, and never runs away."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.llama.model_file.gguf import (
    BLOCKS,
    ArrayPlace,
    GgufCutShort,
    GgufError,
    read_header,
    read_numbers,
    read_strings,
)

ONE_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example writes it again


def gguf_string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def gguf_bytes(*keys: bytes, tensors: tuple[bytes, ...] = (), version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys)) + b"".join(keys) + b"".join(tensors)


def key(name: str, kind: int, value: bytes) -> bytes:
    return gguf_string(name.encode()) + struct.pack("<I", kind) + value


def tensor(*dimensions: int, kind: int = 0, offset: int = 0) -> bytes:
    sizes = struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
    return gguf_string(b"t") + sizes + struct.pack("<IQ", kind, offset)


@pytest.fixture
def gguf_file(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes bytes to a file."""

    def write(data: bytes) -> Path:
        path = tmp_path / "file.gguf"
        path.write_bytes(data)
        return path

    return write


def test_a_model_file_tells_about_itself(tiny_model: Path) -> None:
    """Keys, arrays and the length that a whole file has."""
    header = read_header(tiny_model)
    assert header.text("general.architecture") == "gpt-oss"
    assert header.number("gpt-oss.block_count") == 2
    assert header.tensors == 41
    assert header.whole_size == tiny_model.stat().st_size
    tokens = read_strings(tiny_model, header.arrays["tokenizer.ggml.tokens"])
    assert b"<|start|>" in tokens
    assert len(tokens) == len(read_numbers(tiny_model, header.arrays["tokenizer.ggml.token_type"]))


def test_a_key_of_another_type_counts_as_absent(gguf_file: Callable[[bytes], Path]) -> None:
    """Text where a number belongs, and the other way round, is as good as nothing."""
    path = gguf_file(gguf_bytes(key("a", 8, gguf_string(b"x")), key("b", 4, struct.pack("<I", 7)), key("c", 7, b"\1")))
    header = read_header(path)
    assert (header.number("a", 3), header.text("b"), header.number("c")) == (3, "", 0)
    assert (header.text("a"), header.number("b")) == ("x", 7)


def test_block_sizes_are_those_of_ggml() -> None:
    """The table agrees with the one that the gguf package carries."""
    known = {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()}
    assert {kind: known[kind] for kind in BLOCKS} == BLOCKS


def test_a_file_without_its_last_tensor_shows_how_long_it_should_be(tiny_model: Path, tmp_path: Path) -> None:
    """The header of a download that broke off is readable; its length gives it away."""
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(tiny_model.read_bytes()[:-1000])
    assert read_header(cut).whole_size == cut.stat().st_size + 1000


@ONE_FILE
@given(share=st.floats(0, 1))
def test_a_header_cut_anywhere_is_refused(share: float, tiny_model: Path, gguf_file: Callable[[bytes], Path]) -> None:
    """No cut makes the reader raise anything but its own error."""
    data = tiny_model.read_bytes()
    cut = gguf_file(data[: int(share * 15_000)])
    with pytest.raises(GgufError):
        read_header(cut)


@ONE_FILE
@given(changes=st.lists(st.tuples(st.integers(0, 16_000), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_header_is_read_or_refused(
    changes: list[tuple[int, int]], tiny_model: Path, gguf_file: Callable[[bytes], Path]
) -> None:
    """Bytes changed at random never raise anything but the reader's own error."""
    data = bytearray(tiny_model.read_bytes()[:20_000])
    for at, value in changes:
        data[at] = value
    path = gguf_file(bytes(data))
    try:
        header = read_header(path)
        for place in header.arrays.values():
            (read_strings if place.item_type == 8 else read_numbers)(path, place)
    except GgufError:
        pass


HUGE = 1 << 62


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not begin with GGUF"),
        (b"GGML1234", "does not begin with GGUF"),
        (b"GGUF\3", "inside its header"),
        (gguf_bytes(version=1), "version 1"),
        (gguf_bytes(version=0x03000000), "version 50331648"),
        (b"GGUF" + struct.pack("<IQQ", 3, HUGE, 0), "tensors and 0 keys"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, HUGE), "keys"),
        (gguf_bytes(key("a", 99, b"")), "unknown type 99"),
        (gguf_bytes(key("a", 9, struct.pack("<IQ", 4, HUGE))), "an array of"),
        (gguf_bytes(key("a", 9, struct.pack("<IQ", 9, 1))), "array of unknown type 9"),
        (gguf_bytes(key("a", 9, struct.pack("<IQ", 10, 1000))), "inside its header"),
        (gguf_bytes(key("a", 8, struct.pack("<Q", HUGE))), "inside its header"),
        (gguf_bytes(gguf_string(b"k" * 70_000) + struct.pack("<I", 0) + b"\0"), "name in the header is too long"),
        (gguf_bytes(key("general.alignment", 4, struct.pack("<I", 0))), "alignment is not valid"),
        (gguf_bytes(key("general.alignment", 8, gguf_string(b"x"))), "alignment is not valid"),
        (gguf_bytes(tensors=(tensor(1, 1, 1, 1, 1),)), "5 dimensions"),
    ],
)
def test_nonsense_is_refused(data: bytes, message: str, gguf_file: Callable[[bytes], Path]) -> None:
    """Each impossible announcement is named, before anything is allocated for it."""
    with pytest.raises(GgufError, match=message):
        read_header(gguf_file(data))


def test_a_long_string_is_stepped_over(gguf_file: Callable[[bytes], Path]) -> None:
    """A megabyte of text is nobody's name; what follows it is still read."""
    long = key("long", 8, gguf_string(b"x" * ((1 << 20) + 1)))
    header = read_header(gguf_file(gguf_bytes(long, key("after", 8, gguf_string(b"here")))))
    assert (header.text("long"), header.text("after")) == ("", "here")


def test_tensor_sizes_count_blocks(gguf_file: Callable[[bytes], Path]) -> None:
    """64 values of MXFP4 are two blocks of 17 bytes; a type from the future counts as empty."""
    data = gguf_bytes(tensors=(tensor(32, 2, kind=39, offset=64), tensor(1000, kind=999, offset=32)))
    start = -(-len(data) // 32) * 32
    assert read_header(gguf_file(data)).whole_size == start + 64 + 34


def test_arrays_are_read_as_what_they_are(gguf_file: Callable[[bytes], Path]) -> None:
    """Strings are no numbers, numbers are no strings, and a list of books is no list of tokens."""
    numbers = key("n", 9, struct.pack("<IQ", 5, 2) + struct.pack("<2i", -1, 2))
    strings = key("s", 9, struct.pack("<IQ", 8, 1) + gguf_string(b"x" * 70_000))
    path = gguf_file(gguf_bytes(numbers, strings))
    arrays = read_header(path).arrays
    assert read_numbers(path, arrays["n"]) == [-1, 2]
    with pytest.raises(GgufError, match="array of strings was expected"):
        read_strings(path, arrays["n"])
    with pytest.raises(GgufError, match="array of whole numbers was expected"):
        read_numbers(path, arrays["s"])
    with pytest.raises(GgufError, match="string in a list is too long"):
        read_strings(path, arrays["s"])
    with pytest.raises(GgufCutShort):
        read_numbers(path, ArrayPlace(item_type=4, count=1, offset=1 << 40))
