"""AMX is kept out of the process that computes."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from classifier.llama.device import amx
from classifier.llama.device.library import library

_ASK = """
from classifier.llama.device.amx import layouts, without_amx
from classifier.llama.device.library import library
native = library()
native.llama_backend_init()
{before}
print(without_amx(native), "AMX" in layouts(native))
"""


def ask(before: str = "") -> tuple[str, str]:
    """What a fresh process says, on standard output and on standard error."""
    program = [sys.executable, "-c", _ASK.format(before=before)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "."})
    return done.stdout.strip(), done.stderr


def test_a_process_without_amx() -> None:
    """Whatever the processor has, llama.cpp lays no weights out for AMX, and says nothing about it."""
    assert ask() == ("True False", "")


def test_too_late() -> None:
    """Where llama.cpp has AMX already, that is noticed."""
    said, _ = ask("layouts(native)")
    assert said in ("False True", "True False")  # the second on a processor that has none


def test_llama_cpp_built_without_it() -> None:
    """Nothing is asked of the kernel."""
    assert amx.without_amx(SimpleNamespace(llama_print_system_info=lambda: b"AVX512 = 1 | AMX_INT8 = 0"))


@pytest.mark.parametrize(("names", "without"), [(("AMX", "CPU_REPACK"), False), (("CPU_REPACK",), True), ((), True)])
def test_what_counts_is_what_llama_cpp_has(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], without: bool
) -> None:
    """Not whether the kernel was asked in time."""
    monkeypatch.setattr(amx, "layouts", lambda _: names)
    assert amx.without_amx(SimpleNamespace(llama_print_system_info=lambda: b"AMX_INT8 = 1")) is without


def test_an_older_llama_cpp_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no function for the question: no layouts are known."""
    ggml = SimpleNamespace(
        ggml_backend_dev_by_type=lambda *_: 1,
        ggml_backend_dev_backend_reg=lambda *_: 1,
        ggml_backend_reg_get_proc_address=lambda *_: None,
    )
    monkeypatch.setattr(amx, "device_functions", lambda _: ggml)
    assert amx.layouts(SimpleNamespace()) == ()


def test_elsewhere_than_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signal stacks are left alone."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(amx, "_SignalStack", None)  # using it would be an error
    native = SimpleNamespace(llama_print_system_info=lambda: b"AMX_INT8 = 1", _lib=library()._lib)
    assert isinstance(amx.without_amx(native), bool)
