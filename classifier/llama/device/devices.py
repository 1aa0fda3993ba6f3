"""What llama.cpp was built for, and what it finds to run on: asked of its device registry.

llama.cpp says nothing when a build without CUDA runs on a machine with an NVIDIA card, or when a build with it sees
no card. Then everything runs on the processor and is slow; `Machine` tells these cases apart.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from classifier.llama.device.library import device_functions, library
from classifier.llama.device.memory_plan import CPU, Device, Memory
from classifier.llama.errors import ModelFileError

_CGROUP = Path("/sys/fs/cgroup")  # the limits of a container, where there is one
_DEDICATED, _INTEGRATED = 1, 2  # ggml_backend_dev_type: a GPU with its own memory; one that shares the processor's
_NAMES = {"MTL": "Metal"}  # llama.cpp's short names that people know by another
_METAL = "MTL"  # its GPUs have the processor's memory, though llama.cpp does not call them integrated


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a model can run."""

    backends: tuple[str, ...]  #: what this llama.cpp was built for besides the CPU: ``CUDA``, ``Metal``, ...
    gpus: tuple[Device, ...]  #: those that it found
    cpu: Device

    def device(self, gpu_layers: int | None, split: Sequence[float] | None = None) -> Device:
        """What a model runs on when at most `gpu_layers` of its layers may go to a GPU; None and -1 mean all.

        Several GPUs of one kind count as one: llama.cpp spreads the layers over them, by their free memory or as
        `split` says, a share for each.

        Raises:
            ModelFileError: `split` has not one share for each GPU.
        """
        if gpu_layers == 0 or not self.gpus:
            return self.cpu
        used = [gpu for gpu in self.gpus if gpu.backend == self.gpus[0].backend]
        shares = _shares(used, split)
        used = [gpu for gpu, share in zip(used, shares, strict=True) if share]
        if len(used) == 1:
            return used[0]
        room = min(gpu.free_bytes / share for gpu, share in zip(used, filter(None, shares), strict=True))
        return Device(
            backend=used[0].backend,
            name=f"{len(used)} x {used[0].name}",
            free_bytes=min(round(room), sum(gpu.free_bytes for gpu in used)),
            total_bytes=sum(gpu.total_bytes for gpu in used),
            cards=len(used),
            shares=used[0].shares,
        )


def _shares(gpus: Sequence[Device], split: Sequence[float] | None) -> list[float]:
    """The part of the model that each GPU holds."""
    if split is None:
        split = [gpu.free_bytes for gpu in gpus]
        if not any(split):
            split = [1.0] * len(gpus)
    if len(split) != len(gpus):
        raise ModelFileError(
            f"the split over GPUs has {len(split)} numbers, but llama.cpp finds {len(gpus)} GPUs: "
            "give one number for each"
        )
    return [share / sum(split) for share in split]


def find_machine(*, threads: int | None = None) -> Machine:
    """Ask llama.cpp for its devices. Loads its library; on an NVIDIA card this starts the driver.

    Args:
        threads: how many the engine would use on the CPU; None for as many as it takes by itself.
    """
    count = threads or default_threads()
    memory = psutil.virtual_memory()
    cpu = Device(
        backend=CPU,
        name=f"{count} thread{'s' * (count != 1)}",
        free_bytes=min(memory.available, container_room(_CGROUP)),
        total_bytes=memory.total,
    )
    ggml = device_functions(library())
    backends = tuple(_backends(ggml))
    ordinary = Memory(free_bytes=cpu.free_bytes, total_bytes=cpu.total_bytes)
    found = [
        describe_device(ggml, ggml.ggml_backend_dev_get(i), ordinary) for i in range(ggml.ggml_backend_dev_count())
    ]
    kinds = {kind for kind, _ in found}
    wanted = _DEDICATED if _DEDICATED in kinds else _INTEGRATED  # as llama.cpp chooses
    return Machine(backends=backends, gpus=tuple(device for kind, device in found if kind == wanted), cpu=cpu)


def gpu_offload_supported() -> bool:
    """Whether this llama.cpp was built for a GPU (CUDA, Metal, Vulkan, ...) and one is there."""
    return bool(library().llama_supports_gpu_offload())


def default_threads() -> int:
    """The physical cores that this process may use: a second thread on a core makes decoding slower, not faster."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))


def container_room(cgroup: Path) -> int:
    """How many more bytes this process's container may use; more than any machine has if there is no limit.

    A container sees the whole machine's memory, but the system kills it without warning beyond its own limit.
    """
    try:
        limit = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
        lines = (line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        cached = {key: int(value) for key, value in lines}.get("inactive_file", 0)
    except (OSError, ValueError):  # no container, or no limit: the file says "max"
        return 1 << 62
    return max(0, limit - used + cached)


def _backends(ggml: Any) -> list[str]:
    names = [
        _text(ggml.ggml_backend_reg_name(ggml.ggml_backend_reg_get(i))) for i in range(ggml.ggml_backend_reg_count())
    ]
    return [_NAMES.get(name, name) for name in names if name not in (CPU, "BLAS")]


def describe_device(ggml: Any, handle: int, ordinary: Memory) -> tuple[int, Device]:
    """The kind of a device, as ggml numbers them, and the device. `ordinary` is the machine's own memory.

    Args:
        ggml: its functions, as `device_functions` declares them.
    """
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    ggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
    backend = _text(ggml.ggml_backend_reg_name(ggml.ggml_backend_dev_backend_reg(handle)))
    kind = int(ggml.ggml_backend_dev_type(handle))
    device = Device(
        backend=_NAMES.get(backend, backend),
        name=_text(ggml.ggml_backend_dev_description(handle)),
        free_bytes=free.value,
        total_bytes=total.value,
        shares=_shared(kind, backend, ordinary),
    )
    return kind, device


def _shared(kind: int, backend: str, ordinary: Memory) -> Memory | None:
    """The machine's memory, where a GPU has none of its own."""
    if backend == _METAL:
        return replace(ordinary, gives_way=True)
    return ordinary if kind == _INTEGRATED else None


def _text(name: bytes) -> str:
    """A name that a driver gave, fit for one line."""
    return "".join(letter if letter.isprintable() else " " for letter in name.decode("utf-8", "replace")).strip()
