"""Keeping llama.cpp away from AMX, the matrix unit of some Intel server processors.

llama.cpp rearranges weights for the processor when it loads them. What it lays out for AMX is of no use to us:

* compiled by GCC 12, its code for quantised matrices sets the unit's tiles up wrongly, and the process dies at the
  first of them (ggml-org/llama.cpp#20824 and #26954); the published files have such matrices outside the experts;
* a matrix of floats is a third slower than with AVX-512, 16 sequences at once.

There is no switch for AMX alone. But llama.cpp asks the kernel for the unit once, when it first looks for such layouts,
and manages without it if that is refused. Linux refuses while a thread of the process has a signal stack too small for
AMX's registers (``validate_sigaltstack`` in ``arch/x86/kernel/fpu/xstate.c``); so it gets one, for as long as that
takes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from typing import Any

from classifier.llama.device.library import device_functions

_COMPILED_IN = b"AMX_INT8 = 1"
_NAME = "AMX"
_PROCESSOR = 0  # GGML_BACKEND_DEVICE_TYPE_CPU
_STACK_BYTES = 8_192  # AVX-512 needs about 4 kB, AMX 11 kB


class _SignalStack(ctypes.Structure):
    """``stack_t`` of Linux."""

    _fields_ = (("place", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def without_amx(native: Any) -> bool:
    """Keep AMX out of this process for good; returns whether that worked or was unnecessary.

    If it did not, because something asked the kernel first, weights must be used as they are laid out in the file.
    """
    if _COMPILED_IN not in native.llama_print_system_info():
        return True
    with _small_signal_stack(), _no_stderr():  # which is where llama.cpp says that it does without
        return _NAME not in layouts(native)


def layouts(native: Any) -> tuple[str, ...]:
    """The layouts that llama.cpp has for weights on this processor. It looks for them once in a process."""
    ggml = device_functions(native)
    device = ggml.ggml_backend_dev_by_type(_PROCESSOR)
    registry = ggml.ggml_backend_dev_backend_reg(device)
    address = ggml.ggml_backend_reg_get_proc_address(registry, b"ggml_backend_dev_get_extra_bufts")
    if not address:
        return ()
    kinds = ctypes.CFUNCTYPE(ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)(address)(device)
    names: list[str] = []
    while kinds and (kind := kinds[len(names)]):
        names.append(ggml.ggml_backend_buft_name(kind).decode())
    return tuple(names)


@contextlib.contextmanager
def _small_signal_stack() -> Iterator[None]:
    """Give this thread one that is large enough for everything but AMX, and put the old one back."""
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None)
    memory = ctypes.create_string_buffer(_STACK_BYTES)
    small, before = _SignalStack(ctypes.addressof(memory), 0, _STACK_BYTES), _SignalStack()
    libc.sigaltstack(ctypes.byref(small), ctypes.byref(before))
    try:
        yield
    finally:
        libc.sigaltstack(ctypes.byref(before), None)


@contextlib.contextmanager
def _no_stderr() -> Iterator[None]:
    """Discard what native code writes to standard error."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
