"""Paths inside a container: what is on the host is there only where it is mounted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.llama.errors import ModelFileError

MODELS = Path("/models")  #: where the Dockerfile expects model files

_MARKS = ("/.dockerenv", "/run/.containerenv")  # of Docker and of Podman


def in_container() -> bool:
    """Does this program run in a container, as far as the usual marks tell?"""
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(Path(mark).exists() for mark in _MARKS)


def model_trouble(error: ModelFileError, model: Path) -> str:
    """Why a model file cannot be used. A path of the host that is missing in the container is told as such."""
    if not in_container() or model.exists():
        return str(error)
    return (
        f"there is no {model} in this container, where paths of the host do not count: mount the file's folder at "
        f"{MODELS} and set BYLAW_MODEL_PATH={MODELS / model.name}, or leave it out of .env for the image's own path"
    )
