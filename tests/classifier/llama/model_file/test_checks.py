"""A wrong model file is told apart before it is loaded, in one line that says what to do."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.llama.errors import ModelFileError
from classifier.llama.model_file.checks import ModelFacts, check_memory, describe_model, gigabytes
from classifier.llama.model_file.parts import part_names
from classifier.llama.model_file.vocabulary import open_vocabulary
from tests.fakes.split_model import split


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
        assert "is not a regular file" in refusal(path)


def test_a_link_to_nowhere_is_no_file(tmp_path: Path) -> None:
    """The target was removed."""
    link = tmp_path / "link.gguf"
    link.symlink_to(tmp_path / "gone.gguf")
    assert "there is no model file" in refusal(link)


def test_another_format_is_no_gguf(tmp_path: Path) -> None:
    """Weights in the format of other programs."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    assert "not a GGUF model file" in refusal(path)


@pytest.mark.parametrize("length", [3000, -1000])
def test_half_a_download_is_not_complete(tiny_model: Path, tmp_path: Path, length: int) -> None:
    """Cut in the header, or in the weights."""
    path = tmp_path / "half.gguf"
    path.write_bytes(tiny_model.read_bytes()[:length])
    assert "is incomplete" in refusal(path)


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


def test_a_part_under_another_name_is_refused(changed_model: Callable[[bytes, bytes], Path]) -> None:
    """llama.cpp finds the other parts by the name of the first."""
    # file_type and split.count take the same number of bytes
    old, new = b"general.file_type", b"split.count"
    path = changed_model(
        gguf_text(old) + (4).to_bytes(4, "little") + (38).to_bytes(4, "little"),
        gguf_text(new) + (4).to_bytes(4, "little") + (3).to_bytes(4, "little"),
    )
    message = refusal(path)
    assert "is part 1 of 3" in message
    assert "must be called ...-00001-of-00003.gguf" in message


@pytest.fixture
def parts(split_model: tuple[Path, ...], tmp_path: Path) -> tuple[Path, ...]:
    """The two files of a model, to be changed."""
    return tuple(Path(shutil.copy(part, tmp_path)) for part in split_model)


def test_a_model_in_two_files_is_described_as_one(tiny_model: Path, parts: tuple[Path, ...]) -> None:
    """Its size is that of both files; everything else is as in one file."""
    facts, whole = describe_model(parts[0]), describe_model(tiny_model)
    assert facts.size_bytes == sum(part.stat().st_size for part in parts)
    assert replace(facts, path=whole.path, size_bytes=whole.size_bytes) == whole
    assert len(open_vocabulary(parts[0])) == facts.n_vocab


def test_a_missing_part_is_named(parts: tuple[Path, ...]) -> None:
    """With the file that must be there."""
    parts[1].unlink()
    message = refusal(parts[0])
    assert "part 2 is missing: put big-00002-of-00002.gguf beside it" in message


def test_the_first_part_is_asked_for(parts: tuple[Path, ...]) -> None:
    """Another one has neither metadata nor a vocabulary."""
    assert refusal(parts[1]).endswith(f"is part 2 of 2 of a model: give the first one, {parts[0]}")


def test_every_part_must_be_whole(parts: tuple[Path, ...]) -> None:
    """The one that is cut short is named."""
    parts[1].write_bytes(parts[1].read_bytes()[:-1000])
    with pytest.raises(ModelFileError, match=r"big-00002-of-00002\.gguf is incomplete"):
        describe_model(parts[0])


def test_parts_of_different_models_are_told_apart(tiny_model: Path, parts: tuple[Path, ...], tmp_path: Path) -> None:
    """By their place, and by the tensors that they hold together."""
    shutil.copy(parts[0], parts[1])
    with pytest.raises(ModelFileError, match=r"is not part 2 of 2 of .*: download it again"):
        describe_model(parts[0])
    (tmp_path / "other").mkdir()
    other = split(tiny_model, tmp_path / "other", parts=3)[1]
    data = other.read_bytes().replace(*(b"split.count" + b"\x02\x00\x00\x00" + bytes([n, 0]) for n in (3, 2)))
    parts[1].write_bytes(data)
    with pytest.raises(ModelFileError, match="so they are not from the same model"):
        describe_model(parts[0])


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("m.gguf", ("m.gguf",)),
        ("a/m-00002-of-00002.gguf", ("a/m-00001-of-00002.gguf", "a/m-00002-of-00002.gguf")),
        ("m-00001-of-00001.gguf", ("m-00001-of-00001.gguf",)),
        ("m-00003-of-00002.gguf", ("m-00003-of-00002.gguf",)),
        ("m-00000-of-00002.gguf", ("m-00000-of-00002.gguf",)),
        ("m-00001-of-99999.gguf", ("m-00001-of-99999.gguf",)),
        ("m-1-of-2.gguf", ("m-1-of-2.gguf",)),
    ],
)
def test_names_of_parts_follow_from_any_of_them(name: str, parts: tuple[str, ...]) -> None:
    """A name that makes no sense as a part's is a file's own."""
    assert part_names(name) == parts


def test_memory_is_compared_in_two_numbers(tiny_model: Path) -> None:
    """What it takes and what is free, weights and cache together."""
    facts = describe_model(tiny_model)
    needed = facts.size_bytes + 8192 * 256
    check_memory(facts, context_tokens=8192, available_bytes=needed)
    with pytest.raises(ModelFileError, match=r"needs 0\.0 GB of memory .* but only 0\.0 GB are free: close other"):
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
    with pytest.raises(ModelFileError, match=r"needs 12\.5 GB .* context of 8192 tokens, but only 8\.0 GB are free"):
        check_memory(facts, context_tokens=8192, available_bytes=8_000_000_000)


@pytest.mark.parametrize(("count", "text"), [(0, "0.0 MB"), (99_000_000, "99.0 MB"), (12_109_566_560, "12.1 GB")])
def test_bytes_are_told_in_words_of_people(count: int, text: str) -> None:
    """Megabytes for little, gigabytes for much."""
    assert gigabytes(count) == text
