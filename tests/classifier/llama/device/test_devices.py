"""The machine is described as llama.cpp sees it, and a container's limit counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from classifier.llama.device.devices import (
    Machine,
    container_room,
    default_threads,
    describe_device,
    find_machine,
    gpu_offload_supported,
)
from classifier.llama.device.memory_plan import Device, Memory
from classifier.llama.errors import ModelFileError

CPU = Device(backend="CPU", name="8 threads", free_bytes=30, total_bytes=32)
CARD = Device(backend="CUDA", name="RTX 4090", free_bytes=22, total_bytes=24)
OTHER = Device(backend="CUDA", name="RTX 3060", free_bytes=11, total_bytes=12)
SAME_CARD_TWICE = Device(backend="Vulkan", name="RTX 4090", free_bytes=22, total_bytes=24)


def machine(*gpus: Device) -> Machine:
    return Machine(backends=("CUDA",), gpus=gpus, cpu=CPU)


def test_this_machine_is_found() -> None:
    """The processor is there whatever llama.cpp was built for, with the memory that the system says."""
    found = find_machine(threads=3)
    assert found.cpu.backend == "CPU"
    assert found.cpu.name == "3 threads"
    assert 0 < found.cpu.free_bytes <= found.cpu.total_bytes == psutil.virtual_memory().total
    assert "CPU" not in found.backends
    assert {gpu.backend for gpu in found.gpus} <= set(found.backends)


def test_one_thread_is_one_thread() -> None:
    """And without a wish there is at least one."""
    assert find_machine(threads=1).cpu.name == "1 thread"
    assert int(find_machine().cpu.name.partition(" ")[0]) >= 1


def test_layers_can_go_to_a_gpu_where_one_is_found() -> None:
    """llama.cpp's own answer agrees with the devices it lists."""
    assert gpu_offload_supported() == bool(find_machine().gpus)


def test_the_engine_takes_no_more_threads_than_there_are_processors() -> None:
    """At least one, and none for a second thread on a core."""
    assert 1 <= default_threads() <= (psutil.cpu_count() or 1)


def test_a_gpu_is_used_unless_no_layer_may_go_there() -> None:
    """All layers, some, or none."""
    assert machine(CARD).device(None) == machine(CARD).device(-1) == machine(CARD).device(12) == CARD
    assert machine(CARD).device(0) == CPU
    assert machine().device(None) == CPU


def test_several_gpus_of_a_kind_are_one_place() -> None:
    """The layers are spread over them; a second driver for the same card adds nothing."""
    both = machine(CARD, OTHER, SAME_CARD_TWICE).device(None)
    assert (both.backend, both.name, both.free_bytes, both.total_bytes) == ("CUDA", "2 x RTX 4090", 33, 36)


def test_a_split_over_gpus_is_as_large_as_its_tightest_card_allows() -> None:
    """Halves of a card of 22 and one of 11 are 22 in all; a card without a share is left out."""
    both = machine(CARD, OTHER)
    assert both.device(None, (1.0, 1.0)).free_bytes == 22
    assert both.device(None, (2.0, 1.0)).free_bytes == 33
    assert both.device(None, (2.0, 1.0)).cards == 2
    assert both.device(None, (1.0, 0.0)) == CARD
    assert both.device(0, (1.0, 0.0)) == CPU


def test_a_split_has_a_number_for_each_gpu() -> None:
    """One line says how many there are."""
    with pytest.raises(ModelFileError, match=r"has 3 numbers, but llama\.cpp finds 2 GPUs: give one number for each"):
        machine(CARD, OTHER).device(None, (1.0, 1.0, 1.0))


class OneDevice:
    """ggml's functions, for a driver that has one device with 17 bytes of 18 free."""

    def __init__(self, backend: bytes, kind: int) -> None:
        self._backend, self._kind = backend, kind

    def ggml_backend_dev_memory(self, _handle: int, free: Any, total: Any) -> None:
        """Both through pointers, as in C."""
        free._obj.value, total._obj.value = 17, 18

    def ggml_backend_dev_type(self, _handle: int) -> int:
        return self._kind

    def ggml_backend_dev_backend_reg(self, handle: int) -> int:
        return handle

    def ggml_backend_reg_name(self, _handle: int) -> bytes:
        return self._backend

    def ggml_backend_dev_description(self, _handle: int) -> bytes:
        return b"a chip\n"


@pytest.mark.parametrize(
    ("backend", "kind", "name", "shares", "gives_way"),
    [
        (b"MTL", 1, "Metal", True, True),
        (b"Vulkan", 2, "Vulkan", True, False),
        (b"CUDA", 1, "CUDA", False, False),
    ],
)
def test_gpus_without_memory_of_their_own_share_the_machines(
    backend: bytes, kind: int, name: str, shares: bool, gives_way: bool
) -> None:
    """Apple's, which llama.cpp does not call integrated, and those that it does; a card has its own."""
    ordinary = Memory(free_bytes=20, total_bytes=24)
    found_kind, device = describe_device(OneDevice(backend, kind), 1, ordinary)
    assert (found_kind, device.backend, device.name) == (kind, name, "a chip")
    assert (device.free_bytes, device.total_bytes) == (17, 18)
    assert device.shares == (replace(ordinary, gives_way=gives_way) if shares else None)


def cgroup(folder: Path, limit: str, current: str = "600\n", stat: str = "anon 100\ninactive_file 50\n") -> Path:
    (folder / "memory.max").write_text(limit)
    (folder / "memory.current").write_text(current)
    (folder / "memory.stat").write_text(stat)
    return folder


def test_a_containers_limit_counts_less_what_it_uses_and_cannot_give_back(tmp_path: Path) -> None:
    """Cached pages of files, such as a model's, are given back when needed."""
    assert container_room(cgroup(tmp_path, "1000\n")) == 450
    assert container_room(cgroup(tmp_path, "500\n")) == 0


def test_no_limit_is_no_limit(tmp_path: Path) -> None:
    """No container, and one that may take all."""
    assert container_room(tmp_path) > 1 << 60
    assert container_room(cgroup(tmp_path, "max\n")) > 1 << 60
