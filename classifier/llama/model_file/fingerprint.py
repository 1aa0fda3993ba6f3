"""The sha256 of a model, remembered between starts.

A verdict names the exact weights it came from. Reading 12 GB for that takes 10 to 30 seconds, so the result is kept
in a small file and used again while the model's path, size and time of change stay the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from classifier.llama.model_file.parts import parts_of

_CACHE_NAME = "model-fingerprints.json"
_MAX_CACHE_BYTES = 1 << 20


def fingerprint(model: Path, *, cache_folder: Path | None = None) -> str:
    """The sha256 of the file at `model`, in hex. Without `cache_folder` it is computed every time.

    Of a model in several files it is the sha256 of their sha256s, in hex and in their order, a line each.

    A cache that is damaged or cannot be written is ignored.

    Raises:
        OSError: the model cannot be read.
    """
    parts = parts_of(model)
    if len(parts) == 1:
        return _of_file(model, cache_folder)
    every = "".join(f"{_of_file(part, cache_folder)}\n" for part in parts)
    return hashlib.sha256(every.encode()).hexdigest()


def _of_file(model: Path, cache_folder: Path | None) -> str:
    state = model.stat()
    key = str(model.resolve())
    stamp = [state.st_size, state.st_mtime_ns]
    cache = _read(cache_folder)
    known = cache.get(key)
    if isinstance(known, dict) and known.get("stamp") == stamp and _is_sha256(known.get("sha256")):
        return str(known["sha256"])
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _write(cache_folder, {**cache, key: {"stamp": stamp, "sha256": digest}})
    return digest


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _read(folder: Path | None) -> dict[str, Any]:
    if folder is None:
        return {}
    try:
        with (folder / _CACHE_NAME).open("rb") as file:
            cache = json.loads(file.read(_MAX_CACHE_BYTES))
    except (OSError, ValueError):
        return {}
    return cache if isinstance(cache, dict) else {}


def _write(folder: Path | None, cache: dict[str, Any]) -> None:
    if folder is None:
        return
    part = folder / f"{_CACHE_NAME}.{os.getpid()}"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(cache))
        part.replace(folder / _CACHE_NAME)
