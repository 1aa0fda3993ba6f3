"""What `bylaw doctor` says about the model and the device, word for word as the operators' page shows it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.console.checkup.hardware import Hardware, look_at_hardware
from bot.console.checkup.model_checks import check_engine, device_lines, memory_line, rebuild_command
from bot.console.checkup.report import Line, Status, columns
from bot.judge import engine_options
from bot.settings import Settings
from classifier.judge import Effort
from classifier.lite.recall import FOUND_OF_TEN
from classifier.llama.device.devices import Machine
from classifier.llama.device.memory_plan import Device
from classifier.llama.errors import NativeLibraryError
from classifier.llama.model_file.checks import ModelFacts, describe_model
from classifier.llama.options import EngineOptions

GIB = 1 << 30
ROOT = Path(__file__).parents[4]
PYTHON = f"{ROOT}/.venv/bin/python"
OPERATORS = ROOT / "docs/operators.md"

CPU = Device(backend="CPU", name="8 threads", free_bytes=27 * GIB, total_bytes=32 * GIB)
CARD = Device(backend="CUDA", name="NVIDIA GeForce RTX 4090", free_bytes=22_100_000_000, total_bytes=25_300_000_000)
CHIP = Device(backend="Metal", name="Apple M4 Max", free_bytes=28_900_000_000, total_bytes=28_900_000_000)


def machine(*backends: str, gpus: tuple[Device, ...] = ()) -> Machine:
    return Machine(backends=backends, gpus=gpus, cpu=CPU)


def gpu_line(found: Machine, hardware: Hardware, gpu_layers: int | None = None) -> Line:
    return device_lines(found, hardware, gpu_layers=gpu_layers, python=PYTHON)[1]


WORKS_ON_NVIDIA = machine("CUDA", gpus=(CARD,)), Hardware(nvidia=("NVIDIA GeForce RTX 4090",))
SILENT_ON_NVIDIA = machine(), Hardware(nvidia=("NVIDIA GeForce RTX 4090",))
NO_CARD_FOR_CUDA = machine("CUDA"), Hardware()
WORKS_ON_APPLE = machine("Metal", gpus=(CHIP,)), Hardware(apple_chip="Apple M4 Max")
SILENT_ON_APPLE = machine(), Hardware(apple_chip="Apple M4 Max")
INTEL_PYTHON = machine(), Hardware(apple_chip="Apple M4 Max", python_is_arm=False)


@pytest.mark.parametrize(
    ("case", "status", "words"),
    [
        (WORKS_ON_NVIDIA, Status.OK, "NVIDIA GeForce RTX 4090 by CUDA, 22.1 GB of 25.3 GB free: the model runs there"),
        (SILENT_ON_NVIDIA, Status.WARN, "RTX 4090 is there, but this llama.cpp is not built for CUDA"),
        (NO_CARD_FOR_CUDA, Status.WARN, "built for CUDA and finds no card"),
        (WORKS_ON_APPLE, Status.OK, "Apple M4 Max by Metal, 28.9 GB of 28.9 GB free: the model runs there"),
        (SILENT_ON_APPLE, Status.WARN, "Apple M4 Max is there, but this llama.cpp is not built for Metal"),
        (INTEL_PYTHON, Status.WARN, "this Python is an Intel program"),
    ],
    ids=["nvidia", "nvidia-silent", "no-card", "apple", "apple-silent", "apple-intel"],
)
def test_offload_that_works_is_told_from_offload_that_silently_does_not(
    case: tuple[Machine, Hardware], status: Status, words: str
) -> None:
    """And the pages about installing show exactly these lines."""
    page = "".join((ROOT / "docs/install" / name).read_text("utf-8") for name in ("nvidia.md", "apple-silicon.md"))
    for line in device_lines(*case, gpu_layers=None, python=PYTHON):
        assert "".join(columns(line)) in page
    line = gpu_line(*case)
    assert line.status is status
    assert words in line.text


@pytest.mark.parametrize(("backend", "flag"), [("CUDA", "CUDA"), ("Metal", "METAL"), ("Vulkan", "VULKAN")])
def test_a_checkout_is_rebuilt_by_its_makefile(backend: str, flag: str) -> None:
    """With the target that the page names; make knows what it stands for."""
    command = rebuild_command(backend, PYTHON)
    assert command == f'make llama CMAKE_ARGS="-DGGML_{flag}=on"'
    recipe = subprocess.run(["bash", "-c", f"{command} -n"], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "pip install" in recipe.stdout
    assert "--force-reinstall --no-cache-dir" in recipe.stdout


def test_the_gpu_line_says_how_to_rebuild() -> None:
    """For the card, the chip, and any other GPU."""
    assert gpu_line(*SILENT_ON_NVIDIA).text.endswith(rebuild_command("CUDA", PYTHON))
    assert gpu_line(*SILENT_ON_APPLE).text.endswith(rebuild_command("Metal", PYTHON))
    assert gpu_line(machine(), Hardware()).text.endswith(rebuild_command("Vulkan", PYTHON))


def test_an_environment_elsewhere_is_rebuilt_where_it_is(tmp_path: Path) -> None:
    """Where the Makefile made it under another name; one of somebody's own is left to pip."""
    (tmp_path / "my env" / "bin").mkdir(parents=True)
    python = str(tmp_path / "my env" / "bin" / "python")
    assert rebuild_command("CUDA", python).startswith("CMAKE_ARGS=")
    (tmp_path / "my env" / ".python").touch()
    assert rebuild_command("CUDA", python) == f"make llama VENV='{tmp_path}/my env' CMAKE_ARGS=\"-DGGML_CUDA=on\""


def test_a_package_is_rebuilt_by_pip() -> None:
    """Its flag, this Python, the pinned version, and the options without which pip takes the build that it keeps."""
    command = rebuild_command("CUDA", "/opt/bylaw/bin/python")
    assert command.startswith('CMAKE_ARGS="-DGGML_CUDA=on" /opt/bylaw/bin/python -m pip install --force-reinstall')
    assert "--no-cache-dir" in command
    assert command.split()[-1] in (ROOT / "constraints.txt").read_text().split()


def test_our_image_is_rebuilt_by_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no make and no compiler in it; outside of it nobody is told about Docker."""
    assert "--gpus all" not in gpu_line(*NO_CARD_FOR_CUDA).text
    monkeypatch.setenv("IN_BYLAW_IMAGE", "1")
    assert "compose.cuda.yaml" in rebuild_command("CUDA", PYTHON)
    assert "--build-arg" in rebuild_command("Vulkan", PYTHON)
    assert gpu_line(*NO_CARD_FOR_CUDA).text.endswith("start the container with --gpus all.")


def test_the_page_shows_what_fits_on_such_a_card(tiny_model: Path) -> None:
    """The example is what the plan says today, for a file with the 20b's numbers."""
    facts = dataclasses.replace(
        describe_model(tiny_model),
        path=Path("gpt-oss-safeguard-20b-MXFP4.gguf"),
        size_bytes=12_100_000_000,
        n_vocab=201_088,
        layers=24,
        cache_bytes_per_token=48 * 1024,
        step_bytes_per_token=5 * 4 * 2880 * 4,
    )
    line = memory_line(facts, CARD, EngineOptions(model=facts.path, fence_key=b""))
    assert line.status is Status.OK
    assert "".join(columns(line)) in OPERATORS.read_text(encoding="utf-8")


def test_a_gpu_that_is_kept_free_is_told() -> None:
    """By the operator's own setting: a remark."""
    line = gpu_line(*WORKS_ON_NVIDIA, gpu_layers=0)
    assert line.status is Status.WARN
    assert "BYLAW_GPU_LAYERS=0" in line.text


def test_a_machine_without_a_gpu_is_told_what_could_be_done() -> None:
    """It is slow, and another maker's card would need another build."""
    line = gpu_line(machine(), Hardware())
    assert line.status is Status.WARN
    assert "runs on the CPU (8 threads), which is slow" in line.text
    assert "-DGGML_VULKAN=on" in line.text


def test_the_build_is_named() -> None:
    """All that llama.cpp was built for."""
    line, _ = device_lines(machine("CUDA", "Vulkan"), Hardware(), gpu_layers=None)
    assert line.text.endswith("built for CUDA and Vulkan and the CPU")
    assert device_lines(machine(), Hardware(), gpu_layers=None)[0].text.endswith("built for the CPU alone")


def test_a_card_is_asked_by_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line for each card; none where the program is not there, or fails."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look_at_hardware().nvidia == ()
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho NVIDIA L4\necho NVIDIA L4\n")
    program.chmod(0o755)
    assert look_at_hardware().nvidia == ("NVIDIA L4", "NVIDIA L4")
    program.write_text("#!/bin/sh\necho no driver\nexit 9\n")
    assert look_at_hardware().nvidia == ()


@pytest.mark.parametrize(
    ("brand", "python", "found"),
    [
        ("Apple M4 Max", "arm64", Hardware(apple_chip="Apple M4 Max")),
        ("Apple M1", "x86_64", Hardware(apple_chip="Apple M1", python_is_arm=False)),
        ("Intel(R) Core(TM) i7", "x86_64", Hardware(python_is_arm=False)),
    ],
)
def test_a_mac_is_asked_for_its_chip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brand: str, python: str, found: Hardware
) -> None:
    """The chip by the system's word; the Python by its own."""
    (tmp_path / "sysctl").write_text(f"#!/bin/sh\necho '{brand}'\n")
    (tmp_path / "sysctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: python)
    assert look_at_hardware() == found


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings; what is given replaces what a healthy installation has."""

    def make(**given: Any) -> Settings:
        return Settings(**{"data_dir": tmp_path, **given})

    return make


def test_a_model_is_described(settings_with: Callable[..., Settings], tiny_model: Path) -> None:
    """File, fingerprint, build, GPU and memory have a line each."""
    lines = {line.name: line for line in check_engine(settings_with(model_path=tiny_model))}
    assert list(lines) == ["model", "fingerprint", "llama.cpp", "gpu", "memory"]
    assert "gpt-oss, 0.2 MB, 2 layers" in lines["model"].text
    assert lines["model"].status is lines["fingerprint"].status is lines["memory"].status is Status.OK
    assert lines["memory"].text.startswith("tiny.gguf (0.2 MB) on ")


def test_a_context_that_leaves_little_thinking_is_pointed_out(
    settings_with: Callable[..., Settings], tiny_model: Path
) -> None:
    """With the setting to change and what to set; the one that comes with Bylaw has room at every effort."""
    small = {line.name: line for line in check_engine(settings_with(model_path=tiny_model, context_tokens=4096))}
    assert small["thinking"].status is Status.WARN
    assert "leave room for 396 of the 1,024 tokens of thinking" in small["thinking"].text
    assert "Set a context of 4,724 or more, or a lower effort (BYLAW_CONTEXT_TOKENS)." in small["thinking"].text
    for effort in Effort:
        usual = check_engine(settings_with(model_path=tiny_model, effort=effort))
        assert "thinking" not in {line.name for line in usual}


def test_the_settings_reach_the_plan(settings_with: Callable[..., Settings], tiny_model: Path) -> None:
    """What an operator sets is what the line says."""
    settings = settings_with(model_path=tiny_model, sequences=3, context_tokens=1024, gpu_layers=0)
    (line,) = (line for line in check_engine(settings) if line.name == "memory")
    assert "on CPU (" in line.text
    assert "3 at once, up to 1024 tokens each" in line.text


def test_too_little_memory_is_told(settings_with: Callable[..., Settings], tiny_model: Path) -> None:
    """What is needed, what there is, what to do, and which settings that are."""
    facts: ModelFacts = dataclasses.replace(describe_model(tiny_model), size_bytes=12 * GIB)
    small = dataclasses.replace(CPU, free_bytes=8 * GIB)
    line = memory_line(facts, small, engine_options(settings_with(), tiny_model, fence_key=b""))
    assert line.status is Status.FAIL
    assert "12.9 GB for the weights" in line.text
    assert "BYLAW_CONTEXT_TOKENS" in line.text
    assert memory_line(facts, CPU, engine_options(settings_with(), tiny_model, fence_key=b"")).status is Status.OK


def test_a_bot_that_runs_has_the_memory_and_that_is_no_fault(
    settings_with: Callable[..., Settings], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor` beside `run`: a remark, no failure."""
    monkeypatch.setattr("classifier.llama.device.devices.container_room", lambda _: 1000)
    settings = settings_with(model_path=tiny_model)
    assert check_engine(settings)[-1].status is Status.FAIL
    (tmp_path / "heartbeat").touch()
    line = check_engine(settings)[-1]
    assert line.status is Status.WARN
    assert line.text.startswith("a bot is running and uses its share.")


def test_a_model_that_cannot_be_read_to_its_end_is_told(
    settings_with: Callable[..., Settings], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails is no reason for a traceback."""

    def broken(*_: object, **__: object) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("classifier.llama.model_file.fingerprint.fingerprint", broken)
    (line,) = (each for each in check_engine(settings_with(model_path=tiny_model)) if each.name == "fingerprint")
    assert line.status is Status.FAIL
    assert "(Input/output error): check the disk" in line.text


def test_a_llama_cpp_that_cannot_be_loaded_is_told(
    settings_with: Callable[..., Settings], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file may be fine; it is the build, or a driver, that is missing."""

    def missing(**_: object) -> Machine:
        raise NativeLibraryError("llama.cpp cannot be loaded (libcuda.so.1): it is built for CUDA")

    monkeypatch.setattr("classifier.llama.device.devices.find_machine", missing)
    lines = check_engine(settings_with(model_path=tiny_model))
    assert [(line.name, line.status) for line in lines] == [
        ("model", Status.OK),
        ("fingerprint", Status.OK),
        ("llama.cpp", Status.FAIL),
    ]
    assert "libcuda.so.1" in lines[-1].text


@pytest.mark.parametrize("content", [b"", b"GGUF", b"\x00" * 1000])
def test_a_wrong_model_file_says_how_to_get_the_right_one(
    settings_with: Callable[..., Settings], tmp_path: Path, content: bytes
) -> None:
    """Missing, cut short or another kind of file."""
    path = tmp_path / "model.gguf"
    missing = check_engine(settings_with(model_path=path))
    path.write_bytes(content)
    wrong = check_engine(settings_with(model_path=path))
    for line, *others in (missing, wrong):
        assert line.status is Status.FAIL
        assert "gpt-oss-safeguard-20b-MXFP4.gguf" in line.text
        assert [other.name for other in others] == ["llama.cpp", "gpu"]


def test_the_build_is_shown_before_there_is_a_model(settings_with: Callable[..., Settings]) -> None:
    """So that a wrong one shows before 12 GB are downloaded."""
    assert [line.name for line in check_engine(settings_with())] == ["model", "llama.cpp", "gpu"]


def test_the_lite_judge_is_a_choice_that_is_named(settings_with: Callable[..., Settings]) -> None:
    """Without a model by the operator's own wish: a remark, no failure. It says how much that finds."""
    lines = check_engine(settings_with(judge="lite"))
    assert [line.name for line in lines] == ["model", "llama.cpp", "gpu"]
    assert lines[0].status is Status.WARN
    assert f"finds about {FOUND_OF_TEN} of 10 new wordings" in lines[0].text


def test_a_llama_cpp_that_is_not_used_may_be_broken(
    settings_with: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the lite judge that is a remark."""

    def missing(**_: object) -> Machine:
        raise NativeLibraryError("llama.cpp cannot be loaded (libcuda.so.1): it is built for CUDA")

    monkeypatch.setattr("classifier.llama.device.devices.find_machine", missing)
    lines = check_engine(settings_with(judge="lite"))
    assert [(line.name, line.status) for line in lines] == [("model", Status.WARN), ("llama.cpp", Status.WARN)]
