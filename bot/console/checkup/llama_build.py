"""Chooses what to build llama.cpp for. `make llama` runs this: `python -m bot.console.checkup.llama_build`.

It only needs Python, because it runs before anything is installed. It prints CMake's arguments to standard output, and
its findings to standard error.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.console.checkup.hardware import Hardware, look_at_hardware

FLAGS = {"CUDA": "-DGGML_CUDA=on", "Metal": "-DGGML_METAL=on", "Vulkan": "-DGGML_VULKAN=on"}
_USUAL_NVCC = Path("/usr/local/cuda/bin/nvcc")  # where NVIDIA's packages install the compiler, often not on PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaBuild:
    """A build of llama.cpp."""

    arguments: str  #: for CMake; empty for its own defaults, which are the CPU, and Metal on an Apple chip
    found: str  #: the device, in a sentence for people


def choose_build(hardware: Hardware, nvcc: str | None) -> LlamaBuild:
    """Choose the fastest build that this machine can make and use.

    Args:
        nvcc: CUDA's compiler: ``nvcc`` if it is on PATH, otherwise its path; None if there is none.
    """
    cards = ", ".join(hardware.nvidia)
    if cards and nvcc is not None:
        compiler = "" if nvcc == "nvcc" else f" -DCMAKE_CUDA_COMPILER={nvcc}"
        return LlamaBuild(arguments=FLAGS["CUDA"] + compiler, found=f"Found {cards} and nvcc: building for CUDA.")
    if cards:
        return LlamaBuild(
            arguments="",
            found=f"Found {cards}, but no CUDA toolkit (nvcc): building for the CPU, on which the model is slow. "
            "For the card, install the toolkit and run make llama again.",
        )
    if hardware.apple_chip and hardware.python_is_arm:
        return LlamaBuild(arguments="", found=f"Found {hardware.apple_chip}: building for Metal.")
    if hardware.apple_chip:
        return LlamaBuild(
            arguments="",
            found=f"Found {hardware.apple_chip}, but this Python is an Intel program: building for the CPU, on which "
            "the model is slow. Install Python for Apple Silicon, then run make clean llama.",
        )
    return LlamaBuild(
        arguments="",
        found="Found no NVIDIA card and no Apple chip: building for the CPU. For another GPU run "
        f'make llama CMAKE_ARGS="{FLAGS["Vulkan"]}" (needs the Vulkan SDK).',
    )


def find_nvcc() -> str | None:
    """Find CUDA's compiler, in the form that `choose_build` expects."""
    if shutil.which("nvcc") is not None:
        return "nvcc"
    return str(_USUAL_NVCC) if _USUAL_NVCC.is_file() else None


if __name__ == "__main__":
    chosen = choose_build(look_at_hardware(), find_nvcc())
    sys.stderr.write(f"{chosen.found}\n")
    sys.stdout.write(f"{chosen.arguments}\n")
