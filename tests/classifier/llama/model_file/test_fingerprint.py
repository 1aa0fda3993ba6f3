"""A model's checksum is computed once and remembered as long as the file stays the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from classifier.llama.model_file.fingerprint import fingerprint


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file to take the checksum of."""
    path = tmp_path / "weights.gguf"
    path.write_bytes(b"weights")
    return path


SHA256 = hashlib.sha256(b"weights").hexdigest()


def cached(folder: Path) -> dict[str, dict[str, object]]:
    (file,) = folder.iterdir()
    content: dict[str, dict[str, object]] = json.loads(file.read_text())
    return content


def test_it_is_the_sha256_of_the_file(weights: Path) -> None:
    """The checksum that download pages show."""
    assert fingerprint(weights) == SHA256


def test_it_is_remembered(weights: Path, tmp_path: Path) -> None:
    """The second time the file is not read: what the cache says is believed."""
    folder = tmp_path / "data" / "cache"
    assert fingerprint(weights, cache_folder=folder) == SHA256
    (entry,) = cached(folder).values()
    assert entry["sha256"] == SHA256
    other = "0" * 64
    (file,) = folder.iterdir()
    file.write_text(file.read_text().replace(SHA256, other))
    assert fingerprint(weights, cache_folder=folder) == other


def test_a_changed_file_is_read_again(weights: Path, tmp_path: Path) -> None:
    """Another size, or another time of change."""
    folder = tmp_path / "cache"
    fingerprint(weights, cache_folder=folder)
    weights.write_bytes(b"other weights")
    assert fingerprint(weights, cache_folder=folder) == hashlib.sha256(b"other weights").hexdigest()
    state = weights.stat()
    weights.write_bytes(b"WEIGHTS OTHER")
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert fingerprint(weights, cache_folder=folder) == hashlib.sha256(b"WEIGHTS OTHER").hexdigest()


def test_several_models_share_a_cache(weights: Path, tmp_path: Path) -> None:
    """One does not push out the other."""
    second = tmp_path / "second.gguf"
    second.write_bytes(b"2")
    for model in (weights, second):
        fingerprint(model, cache_folder=tmp_path / "cache")
    assert set(cached(tmp_path / "cache")) == {str(weights), str(second)}


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"PATH": 7}', '{"PATH": {"stamp": STAMP}}', '{"PATH": {"stamp": STAMP, "sha256": "x"}}']
)
def test_a_damaged_cache_is_as_good_as_none(weights: Path, tmp_path: Path, damage: str) -> None:
    """Whatever is in it, the answer is right, and the cache is whole again."""
    folder = tmp_path / "cache"
    fingerprint(weights, cache_folder=folder)
    (file,) = folder.iterdir()
    state = weights.stat()
    stamp = json.dumps([state.st_size, state.st_mtime_ns])
    file.write_text(damage.replace("PATH", str(weights)).replace("STAMP", stamp))
    assert fingerprint(weights, cache_folder=folder) == SHA256
    assert cached(folder)[str(weights)]["sha256"] == SHA256


def test_a_cache_that_cannot_be_written_does_no_harm(weights: Path) -> None:
    """A file stands where the folder should be."""
    assert fingerprint(weights, cache_folder=weights) == SHA256


def test_all_parts_of_a_model_count(split_model: tuple[Path, ...], tmp_path: Path) -> None:
    """The sha256 of their sha256s; another second part is another model, and each part is remembered by itself."""
    first, second = (Path(shutil.copy(part, tmp_path)) for part in split_model)
    folder = tmp_path / "cache"
    lines = "".join(f"{hashlib.sha256(part.read_bytes()).hexdigest()}\n" for part in (first, second))
    assert fingerprint(first, cache_folder=folder) == hashlib.sha256(lines.encode()).hexdigest()
    assert set(cached(folder)) == {str(first), str(second)}
    second.write_bytes(second.read_bytes() + b"\0")
    assert fingerprint(first, cache_folder=folder) != hashlib.sha256(lines.encode()).hexdigest()


def test_a_single_file_that_is_called_like_a_part_is_one_file(weights: Path) -> None:
    """What is in it counts, not its name."""
    named = weights.rename(weights.with_name("w-00001-of-00002.gguf"))
    assert fingerprint(named) == SHA256
