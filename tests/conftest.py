"""What tests of several folders share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random-weight gpt-oss model file of 0.3 MB: loads in no time, knows nothing."""
    from benchmarks.random_model import write_random_model  # imported here: most tests need neither gguf nor numpy

    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    write_random_model(path, size="tiny")
    return path
