"""A llama.cpp that cannot be loaded is told in one line that says what to do, and not by a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
SCRIPT = """
from classifier.llama.errors import ModelFileError
from classifier.llama.device.library import library
try:
    library()
except ModelFileError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            "RuntimeError('Failed to load library: libcuda.so.1: cannot open shared object file')",
            "run Docker with --gpus all",
        ),
        ("RuntimeError('Failed to load library: libgomp.so.1: cannot open')", "rebuild it with `make llama`"),
        ("FileNotFoundError('Shared library with base name llama not found')", "rebuild it with `make llama`"),
        ("ModuleNotFoundError('No module named llama_cpp')", "rebuild it with `make llama`"),
    ],
)
def test_a_library_that_is_not_there_is_explained(tmp_path: Path, failure: str, words: str) -> None:
    """With the system's reason: a driver that is missing is not fixed by another build."""
    (tmp_path / "llama_cpp").mkdir()
    (tmp_path / "llama_cpp/__init__.py").write_text(f"raise {failure}\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        timeout=300,
    )
    (line,) = result.stdout.splitlines()
    assert line.startswith("llama.cpp cannot be loaded (")
    assert line.endswith(words)


def test_a_library_that_was_not_installed_is_explained() -> None:
    """With the extra that brings it, and not as a build that went wrong."""
    program = f"import sys\nsys.modules['llama_cpp'] = None\n{SCRIPT}"
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=300,
    )
    assert result.stdout == (
        'llama.cpp is not installed: add it with pip install "bylaw[llama]", or in a checkout with `make llama`\n'
    )
