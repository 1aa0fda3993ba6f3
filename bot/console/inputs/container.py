"""Paths inside our own image: files of the host only exist there if mounted.

Other containers, such as a developer's, have no ``/models`` and no ``/data``, so advice about those would be wrong
there.
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
    """Is this program running in the image built by our Dockerfile?"""
    return os.environ.get(MARK) == "1"


def model_trouble(error: ModelFileError, model: Path) -> str:
    """Why a model file can't be used. Explains a path of the host that doesn't exist in the container."""
    if not in_our_image() or model.exists():
        return str(error)
    return (
        f"there is no {model} in this container, where paths of the host do not count: mount the file's folder at "
        f"{MODELS} and set BYLAW_MODEL_PATH={MODELS / model.name}, or leave it out of .env for the image's own path"
    )
