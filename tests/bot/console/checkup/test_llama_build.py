"""`make llama` builds for the device that is there and says which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.console.checkup.hardware import Hardware
from bot.console.checkup.llama_build import choose_build

ROOT = Path(__file__).parents[4]
CARD = Hardware(nvidia=("NVIDIA GeForce RTX 4090",))


@pytest.mark.parametrize(
    ("hardware", "nvcc", "arguments", "says"),
    [
        (CARD, "nvcc", "-DGGML_CUDA=on", "Found NVIDIA GeForce RTX 4090 and nvcc: building for CUDA."),
        (
            CARD,
            "/usr/local/cuda/bin/nvcc",
            "-DGGML_CUDA=on -DCMAKE_CUDA_COMPILER=/usr/local/cuda/bin/nvcc",
            "for CUDA.",
        ),
        (CARD, None, "", "Found NVIDIA GeForce RTX 4090, but no CUDA toolkit (nvcc): building for the CPU"),
        (Hardware(), "nvcc", "", "Found no NVIDIA card and no Apple chip: building for the CPU."),
        (Hardware(apple_chip="Apple M4 Max"), None, "", "Found Apple M4 Max: building for Metal."),
        (Hardware(apple_chip="Apple M4", python_is_arm=False), None, "", "but this Python is an Intel program"),
    ],
)
def test_the_fastest_build_that_can_be_made_is_chosen(
    hardware: Hardware, nvcc: str | None, arguments: str, says: str
) -> None:
    """A card without its compiler, or an Intel Python, is not passed over in silence."""
    build = choose_build(hardware, nvcc)
    assert build.arguments == arguments
    assert says in build.found


_RUN = (
    "import sys; sys.path.insert(0, '.'); import runpy; "
    "runpy.run_module('bot.console.checkup.llama_build', run_name='__main__')"
)


def test_make_can_ask_before_anything_is_installed(tmp_path: Path) -> None:
    """With Python's own library alone; what is for CMake is apart from what is for people."""
    for name, prints in (("nvidia-smi", "NVIDIA H200"), ("nvcc", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{prints}'\n")
        (tmp_path / name).chmod(0o755)
    asked = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _RUN,
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=True,
    )
    assert (asked.stdout, asked.stderr) == ("-DGGML_CUDA=on\n", "Found NVIDIA H200 and nvcc: building for CUDA.\n")
