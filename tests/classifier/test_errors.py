"""What a log may say of an error: its kind always, its text only where it is written for operators."""

from __future__ import annotations

import errno
import os

import pytest

from bot.storage.database.errors import NewerSchema
from classifier.errors import OperatorError, described
from classifier.llama.errors import NativeLibraryError

SAID = "what a member said"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError(SAID), "ValueError"),
        (KeyError(SAID), "KeyError"),
        (ExceptionGroup(SAID, [ValueError(SAID)]), "ExceptionGroup"),
        (OperatorError("Free some\nspace."), "OperatorError: Free some space."),
        (NewerSchema("Install the newer version."), "NewerSchema: Install the newer version."),
        (NativeLibraryError("no CUDA"), "NativeLibraryError: no CUDA"),
        (OSError(errno.ENOSPC, SAID, SAID), f"OSError: {os.strerror(errno.ENOSPC)}"),
        (PermissionError(errno.EACCES, SAID), f"PermissionError: {os.strerror(errno.EACCES)}"),
        (OSError(SAID), "OSError"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_is_described_without_the_words_of_others(error: BaseException, text: str) -> None:
    """On one line."""
    assert described(error) == text
