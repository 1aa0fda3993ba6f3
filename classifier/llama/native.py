"""llama.cpp's library, loaded when it is first asked for, with its log turned away from stderr.

Importing llama_cpp maps the library into memory and opens files, so it is not done at the top of a module.
"""

from __future__ import annotations

import functools
import logging
from typing import Any

from classifier.llama.errors import NativeLibraryError

_LOGGER = logging.getLogger(__name__)
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}  # ggml's numbers; the others are detail


@functools.cache
def library() -> Any:
    """llama.cpp's C API as `llama_cpp.llama_cpp` declares it.

    llama.cpp has one log for the whole process; from now on its lines go to the logger of this module, and nowhere
    else but to handlers that are added there.

    Raises:
        NativeLibraryError: the library, or one that it needs, is not there.
    """
    try:
        from llama_cpp import _utils, llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise NativeLibraryError(_why_not_loaded(str(error))) from error

    _utils.outnull_file.close()  # opened on import for a class that is not used here, and never closed
    _utils.errnull_file.close()
    _LOGGER.propagate = False
    _LOGGER.addHandler(logging.NullHandler())  # else Python prints warnings that nobody listens to
    _LOGGER.setLevel(logging.INFO)
    llama_cpp.llama_log_set(_log_callback(), None)
    return llama_cpp


def _why_not_loaded(reason: str) -> str:
    reason = " ".join(reason.split())[:300]
    if "libcuda" in reason:  # comes with the driver: a build for CUDA does not start without one
        advice = "it is built for CUDA and sees no NVIDIA driver; install one, or in Docker run with --gpus all"
    else:
        advice = "build it anew with `make llama`"
    return f"llama.cpp cannot be loaded ({reason}): {advice}"


@functools.cache
def _log_callback() -> Any:
    """The function that llama.cpp calls with each line; cached for ever, because C keeps nothing but its address."""
    from llama_cpp import llama_cpp

    return llama_cpp.llama_log_callback(_take_line)


def _take_line(level: int, text: bytes, _data: object) -> None:
    if level in _LEVELS:
        _LOGGER.log(_LEVELS[level], "%s", text.decode("utf-8", "replace").rstrip())


class NativeLog(logging.Handler):
    """Listens to llama.cpp's log for what went wrong and which device is used. `close` it in the end."""

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
