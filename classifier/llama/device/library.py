"""llama.cpp's library, loaded when it is first asked for, with its log turned away from stderr.

Importing llama_cpp maps the library into memory and opens files, so it is not done at the top of a module.
"""

from __future__ import annotations

import ctypes
import functools
import logging
from typing import Any

from classifier.llama.errors import NativeLibraryError

_LOGGER = logging.getLogger(__name__)
_NOT_INSTALLED = (
    'llama.cpp is not installed: add it with pip install "bylaw[llama]", or in a checkout with `make llama`'
)
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}  # ggml's numbers; the others are detail


@functools.cache
def library() -> Any:
    """llama.cpp's C API as `llama_cpp.llama_cpp` declares it.

    llama.cpp has one log for the whole process; from now on its lines go only to this module's logger and the handlers
    added there.

    Raises:
        NativeLibraryError: llama.cpp is not installed, or a library that it needs is missing.
    """
    try:
        from llama_cpp import _utils, llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "llama_cpp":
            raise NativeLibraryError(_NOT_INSTALLED) from error
        raise NativeLibraryError(_why_not_loaded(str(error))) from error

    _utils.outnull_file.close()  # opened on import for a class that is not used here, and never closed
    _utils.errnull_file.close()
    _LOGGER.propagate = False
    _LOGGER.addHandler(logging.NullHandler())  # else Python prints warnings that nobody listens to
    _LOGGER.setLevel(logging.INFO)
    llama_cpp.llama_log_set(_log_callback(), None)
    return llama_cpp


def device_functions(native: Any) -> Any:
    """ggml's functions about devices, with their types: llama-cpp-python exports them but does not declare them."""
    ggml = native._lib  # noqa: SLF001  # there is no public way to them
    pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
    signatures = {
        "ggml_backend_reg_count": (size, []),
        "ggml_backend_reg_get": (pointer, [size]),
        "ggml_backend_reg_name": (text, [pointer]),
        "ggml_backend_reg_get_proc_address": (pointer, [pointer, text]),
        "ggml_backend_dev_count": (size, []),
        "ggml_backend_dev_get": (pointer, [size]),
        "ggml_backend_dev_by_type": (pointer, [ctypes.c_int]),
        "ggml_backend_dev_description": (text, [pointer]),
        "ggml_backend_dev_type": (ctypes.c_int, [pointer]),
        "ggml_backend_dev_backend_reg": (pointer, [pointer]),
        "ggml_backend_dev_memory": (None, [pointer, ctypes.POINTER(size), ctypes.POINTER(size)]),
        "ggml_backend_buft_name": (text, [pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(ggml, name)
        function.restype, function.argtypes = result, arguments
    return ggml


def _why_not_loaded(reason: str) -> str:
    reason = " ".join(reason.split())[:300]
    if "libcuda" in reason:  # comes with the driver: a build for CUDA does not start without one
        advice = "it is built for CUDA but sees no NVIDIA driver; install one, or run Docker with --gpus all"
    else:
        advice = "rebuild it with `make llama`"
    return f"llama.cpp cannot be loaded ({reason}): {advice}"


@functools.cache
def _log_callback() -> Any:
    """The function that llama.cpp calls with each line; cached forever, because C keeps nothing but its address."""
    from llama_cpp import llama_cpp

    return llama_cpp.llama_log_callback(_take_line)


def _take_line(level: int, text: bytes, _data: object) -> None:
    if level in _LEVELS:
        _LOGGER.log(_LEVELS[level], "%s", text.decode("utf-8", "replace").rstrip())


class NativeLog(logging.Handler):
    """Listens to llama.cpp's log for what went wrong and which device is used. Call `close` at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.complaint = "it gives no reason"  #: the first error line; those after it only follow from it
        self.device = ""  #: the GPU's own name, when one is used
        self._complained = False
        _LOGGER.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line if it tells one of the two."""
        line = "".join(character if character.isprintable() else " " for character in record.getMessage())
        _, marker, device = line.partition("using device ")
        if marker:
            self.device = device.partition("(")[2].partition(")")[0]
        if record.levelno >= logging.ERROR and not self._complained:
            self._complained = True
            self.complaint = (line.partition(": ")[2] or line)[:300]

    def close(self) -> None:
        """Stop listening."""
        _LOGGER.removeHandler(self)
        super().close()
