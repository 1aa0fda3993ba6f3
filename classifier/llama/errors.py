"""Errors before the first judgement. Every message is one line that says what to do."""

from __future__ import annotations

from classifier.errors import OperatorError


class ModelFileError(OperatorError):
    """The model file cannot be used: missing, damaged, of another kind, or too big for this machine."""


class NativeLibraryError(ModelFileError):
    """llama.cpp itself is not installed or cannot be loaded, so no model file can be used."""


class EngineStartError(OperatorError):
    """The engine's process could not be started, or ended before it was ready."""
