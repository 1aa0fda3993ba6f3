"""The checks of the model and its hardware: file, checksum, llama.cpp's build, GPU, and what fits into memory."""

from __future__ import annotations

import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.checkup.heartbeat import runs
from bot.console.checkup.llama_build import FLAGS
from bot.console.checkup.report import Line, Status, fail, ok, warn
from bot.console.inputs.container import in_our_image, model_trouble
from bot.console.inputs.installation import make_command, need_llama
from bot.console.inputs.judge import MODEL_FILE, MODEL_HOW_TO
from bot.console.screen.errors import UserError

if TYPE_CHECKING:
    from bot.console.checkup.hardware import Hardware
    from bot.settings import Settings
    from classifier.llama.device.devices import Machine
    from classifier.llama.device.memory_plan import Device
    from classifier.llama.model_file.checks import ModelFacts
    from classifier.llama.options import EngineOptions


def check_engine(settings: Settings) -> list[Line]:
    """Check the model in the settings with `model_lines`, or say why there is none."""
    from bot.settings import JudgeChoice
    from classifier.lite.recall import FINDS_BY_POLICY
    from classifier.llama.errors import ModelFileError

    if settings.judge is JudgeChoice.LITE:
        why = f"BYLAW_JUDGE=lite goes by the examples and patterns of a policy alone and {FINDS_BY_POLICY}"
        unused = warn("model", f"not used: {why}.")
        return [unused, *map(_as_advice, build_lines(settings))]
    if settings.model_path is None:
        return [fail("model", f"none is named: {MODEL_HOW_TO}."), *build_lines(settings)]
    try:
        return model_lines(settings, settings.model_path)
    except ModelFileError as error:
        why = model_trouble(error, settings.model_path)
        return [fail("model", f"{why} (the file is {MODEL_FILE})."), *build_lines(settings)]


def _as_advice(line: Line) -> Line:
    """Turn errors into advice, because the model isn't used."""
    return warn(line.name, line.text) if line.status is Status.FAIL else line


def model_lines(settings: Settings, model: Path) -> list[Line]:
    """Lines about the model file, its checksum, the build of llama.cpp, the GPU, and how much fits into memory.

    Raises:
        ModelFileError: the model file can't be used.
    """
    from classifier.llama.model_file.checks import describe_model

    facts = describe_model(model)
    return [ok("model", describe(facts)), _fingerprint(settings, model), *build_lines(settings, facts)]


def build_lines(settings: Settings, facts: ModelFacts | None = None) -> list[Line]:
    """Lines about the build of llama.cpp, the GPU, and how much fits into memory.

    Args:
        facts: about the model file; None if there is none; then memory is left out.
    """
    from bot.console.checkup.hardware import look_at_hardware
    from bot.judge import engine_options
    from classifier.llama.device.devices import find_machine
    from classifier.llama.errors import ModelFileError, NativeLibraryError

    try:
        need_llama()
        machine = find_machine(threads=settings.threads)
    except UserError as missing:
        return [fail("llama.cpp", str(missing))]
    except NativeLibraryError as error:
        return [fail("llama.cpp", f"{error}.")]
    lines = device_lines(machine, look_at_hardware(), gpu_layers=settings.gpu_layers)
    if facts is None:
        return lines
    options = engine_options(settings, facts.path, fence_key=b"")  # the engine can't start with these settings
    try:
        device = machine.device(settings.gpu_layers, settings.gpu_split)
    except ModelFileError as error:
        return [*lines, fail("memory", f"{error} (BYLAW_GPU_SPLIT).")]
    lines.append(memory_line(facts, device, options, bot_runs=runs(settings.data_dir)))
    shortage = options.shortage(settings.effort)
    return lines if shortage is None else [*lines, warn("thinking", f"{shortage} (BYLAW_CONTEXT_TOKENS).")]


def describe(facts: ModelFacts) -> str:
    """A model in one line."""
    from classifier.llama.model_file.checks import gigabytes
    from classifier.llama.model_file.parts import parts_of

    others = len(parts_of(facts.path)) - 1
    more = f" and {others} more part{'s' * (others != 1)}" if others else ""
    return f"{facts.path}{more}, {facts.architecture}, {gigabytes(facts.size_bytes)}, {facts.layers} layers"


def device_lines(
    machine: Machine, hardware: Hardware, *, gpu_layers: int | None, python: str = sys.executable
) -> list[Line]:
    """Lines about what llama.cpp was built for, and whether the model runs on the machine's GPU."""
    built = " and ".join([*machine.backends, "the CPU"]) if machine.backends else "the CPU alone"
    return [
        ok("llama.cpp", f"llama-cpp-python {version('llama-cpp-python')}, built for {built}"),
        _gpu(machine, hardware, gpu_layers, python),
    ]


def _gpu(machine: Machine, hardware: Hardware, gpu_layers: int | None, python: str) -> Line:
    if machine.gpus:
        device = machine.device(-1)
        if gpu_layers == 0:
            return warn("gpu", f"{_of(device)}, is not used: BYLAW_GPU_LAYERS=0 keeps the model on the CPU.")
        return ok("gpu", f"{_of(device)}: the model runs there")
    slow = f"the model runs on the CPU ({machine.cpu.name}), which is slow"
    if hardware.apple_chip and not hardware.python_is_arm:
        return warn(
            "gpu",
            f"{hardware.apple_chip} is there, but this Python is an Intel program, so {slow}: "
            "install Python for Apple Silicon and run `make clean llama` with it.",
        )
    if "CUDA" in machine.backends:
        return warn(
            "gpu",
            f"llama.cpp is built for CUDA and finds no card, so {slow}: "
            + ("start the container with --gpus all." if in_our_image() else "check what nvidia-smi says."),
        )
    for found, backend in ((", ".join(hardware.nvidia), "CUDA"), (hardware.apple_chip, "Metal")):
        if found:
            return warn(
                "gpu",
                f"{found} is there, but this llama.cpp is not built for {backend}, so {slow}: rebuild it with "
                f"{rebuild_command(backend, python)}",
            )
    return warn(
        "gpu",
        f"no NVIDIA card and no Apple chip is found, so {slow}. If there is another GPU, rebuild "
        f"llama.cpp with Vulkan: {rebuild_command('Vulkan', python)}",
    )


def _of(device: Device) -> str:
    from classifier.llama.model_file.checks import gigabytes

    return f"{device.name} by {device.backend}, {gigabytes(device.free_bytes)} of {gigabytes(device.total_bytes)} free"


def rebuild_command(backend: str, python: str) -> str:
    """The command that rebuilds llama.cpp for a kind of GPU: in our image, in a checkout with its Makefile, or in a pip
    installation."""
    if in_our_image():
        if backend == "CUDA":
            return "docker compose -f compose.yaml -f compose.cuda.yaml up --build"
        return f'docker build --build-arg CMAKE_ARGS="{FLAGS[backend]}" -t bylaw .'
    if (by_make := make_command("llama", python)) is not None:
        return f'{by_make} CMAKE_ARGS="{FLAGS[backend]}"'
    return (  # without these options pip would reuse its cached build
        f'CMAKE_ARGS="{FLAGS[backend]}" {shlex.quote(python)} -m pip install --force-reinstall '
        f"--no-cache-dir --no-deps --no-binary llama-cpp-python llama-cpp-python=={version('llama-cpp-python')}"
    )


def memory_line(facts: ModelFacts, device: Device, wishes: EngineOptions, *, bot_runs: bool = False) -> Line:
    """The size of the engine with the memory that is free now. If a bot is running, there may be no room for a second
    one."""
    from classifier.llama.device.memory_plan import plan
    from classifier.llama.errors import ModelFileError

    try:
        return ok("memory", plan(facts, device, wishes).description)
    except ModelFileError as error:
        if bot_runs:
            return warn("memory", f"a bot is running and uses its share. There is no room for a second model: {error}.")
        settings = "BYLAW_CONTEXT_TOKENS, BYLAW_SEQUENCES, BYLAW_CACHE_TOKENS, BYLAW_BATCH_TOKENS, BYLAW_GPU_LAYERS"
        return fail("memory", f"{error}. The settings are {settings}.")


def _fingerprint(settings: Settings, model: Path) -> Line:
    """The model's checksum, as named in verdicts. Takes up to half a minute the first time; then it is cached."""
    from classifier.llama.model_file.fingerprint import fingerprint
    from classifier.llama.model_file.parts import parts_of

    folder = settings.data_dir if settings.data_dir.is_dir() else None
    try:
        digest = fingerprint(model, cache_folder=folder)
    except OSError as error:
        return fail("fingerprint", f"{model} cannot be read to its end ({error.strerror}): check the disk.")
    if (parts := len(parts_of(model))) > 1:
        return ok("fingerprint", f"{digest}, the sha256 of the sha256s of all {parts} parts, a line each")
    return ok("fingerprint", f"sha256 {digest}; compare it with the one on the download page")
