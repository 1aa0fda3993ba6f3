"""Paths inside our own image: what is on the host is there only where it is mounted.

Other containers, such as a developer's, have no ``/models`` and no ``/data``: advice about those would mislead there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.llama.errors import ModelFileError

MODELS = Path("/models")  #: where the Dockerfile expects model files
MARK = "IN_BYLAW_IMAGE"  #: the Dockerfile sets this variable to 1. No prefix BYLAW_, because it is no setting


def in_our_image() -> bool:
    """Does this program run in the image that our Dockerfile makes?"""
    return os.environ.get(MARK) == "1"


def model_trouble(error: ModelFileError, model: Path) -> str:
    """Why a model file cannot be used. A path of the host that is missing in the container is told as such."""
    if not in_our_image() or model.exists():
        return str(error)
    return (
        f"there is no {model} in this container, where paths of the host do not count: mount the file's folder at "
        f"{MODELS} and set BYLAW_MODEL_PATH={MODELS / model.name}, or leave it out of .env for the image's own path"
    )
