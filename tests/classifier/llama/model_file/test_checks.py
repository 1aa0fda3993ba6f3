"""A wrong model file is told apart before it is loaded, in one line that says what to do."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.checks import ModelFacts, check_memory, describe_model, gigabytes


@pytest.fixture
def changed_model(tiny_model: Path, tmp_path: Path) -> Callable[[bytes, bytes], Path]:
    """The tiny model with some bytes replaced."""

    def change(old: bytes, new: bytes) -> Path:
        data = tiny_model.read_bytes()
        assert old in data
        path = tmp_path / "changed.gguf"
        path.write_bytes(data.replace(old, new, 1))
        return path

    return change


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        describe_model(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_usable_file_is_described(tiny_model: Path) -> None:
    """Architecture, size, vocabulary, and what a token costs in the cache: 2 layers, 1 head, 2 x 32 values, 2 bytes."""
    facts = describe_model(tiny_model)
    assert facts == ModelFacts(
        path=tiny_model,
        name="random gpt-oss (tiny)",
        architecture="gpt-oss",
        size_bytes=tiny_model.stat().st_size,
        n_vocab=736,
        layers=2,
        heads=2,
        context_tokens=131_072,
        cache_bytes_per_token=2 * 1 * 64 * 2,
        step_bytes_per_token=5 * 2 * 64 * 4,
    )


def test_a_missing_file_says_where_to_get_one(tmp_path: Path) -> None:
    """Nothing there."""
    message = refusal(tmp_path / "nothing.gguf")
    assert message.startswith("there is no model file")
    assert "download" in message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """The folder that the file is in."""
    assert "is a folder" in refusal(tmp_path)


def test_what_cannot_be_opened_is_named() -> None:
    """A socket is there, and no file."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as end:
        path = Path(folder) / "s"  # a socket's path must be short
        end.bind(str(path))
        assert "cannot be read: " in refusal(path)


def test_a_link_to_nowhere_is_no_file(tmp_path: Path) -> None:
    """The target was removed."""
    link = tmp_path / "link.gguf"
    link.symlink_to(tmp_path / "gone.gguf")
    assert "there is no model file" in refusal(link)


def test_another_format_is_no_gguf(tmp_path: Path) -> None:
    """Weights in the format of other programs."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    assert "no GGUF model file" in refusal(path)


@pytest.mark.parametrize("length", [3000, -1000])
def test_half_a_download_is_not_complete(tiny_model: Path, tmp_path: Path, length: int) -> None:
    """Cut in the header, or in the weights."""
    path = tmp_path / "half.gguf"
    path.write_bytes(tiny_model.read_bytes()[:length])
    assert "is not complete" in refusal(path)


def gguf_text(text: bytes) -> bytes:
    return len(text).to_bytes(8, "little") + text


def test_another_model_is_named(changed_model: Callable[[bytes, bytes], Path]) -> None:
    """A model of another family, whose name is not trusted to be printable."""
    message = refusal(changed_model(gguf_text(b"gpt-oss"), gguf_text(b"lla\nma2")))
    assert r"the architecture 'lla\nma2', not gpt-oss" in message


def test_ollamas_conversion_gets_its_own_hint(changed_model: Callable[[bytes, bytes], Path]) -> None:
    """Ollama writes another architecture name, which llama.cpp does not know."""
    assert "Ollama's own conversion" in refusal(changed_model(gguf_text(b"gpt-oss"), gguf_text(b"gptoss")))


def test_a_file_without_an_architecture_is_no_language_model(changed_model: Callable[[bytes, bytes], Path]) -> None:
    """A GGUF file of something else."""
    path = changed_model(b"general.architecture", b"general.archXtecture")
    assert "holds no language model" in refusal(path)


def test_one_part_of_a_split_model_is_refused(changed_model: Callable[[bytes, bytes], Path]) -> None:
    """Parts cannot be checked or fingerprinted as one."""
    # file_type and split.count take the same number of bytes
    old, new = b"general.file_type", b"split.count"
    path = changed_model(
        gguf_text(old) + (4).to_bytes(4, "little") + (38).to_bytes(4, "little"),
        gguf_text(new) + (4).to_bytes(4, "little") + (3).to_bytes(4, "little"),
    )
    assert "one part of a model split" in refusal(path)


def test_memory_is_compared_in_two_numbers(tiny_model: Path) -> None:
    """What it takes and what is free, weights and cache together."""
    facts = describe_model(tiny_model)
    needed = facts.size_bytes + 8192 * 256
    check_memory(facts, context_tokens=8192, available_bytes=needed)
    with pytest.raises(ModelFileError, match=r"needs 0\.0 GB of memory .* and 0\.0 GB are free: close other"):
        check_memory(facts, context_tokens=8192, available_bytes=needed - 1)


def test_a_20b_needs_its_file_and_its_cache() -> None:
    """Twelve gigabytes of weights and 48 KiB a token."""
    facts = ModelFacts(
        path=Path("20b.gguf"),
        name="",
        architecture="gpt-oss",
        size_bytes=12_100_000_000,
        n_vocab=201_088,
        layers=24,
        heads=64,
        context_tokens=131_072,
        cache_bytes_per_token=24 * 8 * 128 * 2,
        step_bytes_per_token=5 * 4 * 2880 * 4,
    )
    with pytest.raises(ModelFileError, match=r"needs 12\.5 GB .* context of 8192 tokens and 8\.0 GB are free"):
        check_memory(facts, context_tokens=8192, available_bytes=8_000_000_000)


@pytest.mark.parametrize(("count", "text"), [(0, "0.0 MB"), (99_000_000, "99.0 MB"), (12_109_566_560, "12.1 GB")])
def test_bytes_are_told_in_words_of_people(count: int, text: str) -> None:
    """Megabytes for little, gigabytes for much."""
    assert gigabytes(count) == text
