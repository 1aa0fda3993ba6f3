"""Opens the judge, or the vocabulary, that a command's options ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.inputs.options import JudgeName
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from classifier import Judge
    from classifier.prompt.vocabulary import Vocabulary

MODEL_FILE = (
    "gpt-oss-safeguard-20b-MXFP4.gguf, about 12 GB, from lmstudio-community/gpt-oss-safeguard-20b-GGUF on Hugging Face"
)
MODEL_HOW_TO = f"`bylaw model pull` gets {MODEL_FILE}; set BYLAW_MODEL_PATH to it"


@asynccontextmanager
async def open_judge(name: JudgeName, model: Path | None) -> AsyncIterator[Judge]:
    """The judge of this name, ready to answer, and closed at the end. The model runs as the settings say.

    Raises:
        BadInput: the model file is missing or no model that Bylaw can use.
        UserError: the model does not start.
    """
    from classifier.lite.judge import LiteJudge

    judge: Judge = LiteJudge() if name is JudgeName.LITE else await _start_model(model_file(model))
    try:
        yield judge
    finally:
        await judge.close()


async def _start_model(model: Path) -> Judge:
    from bot.console.inputs.files import fence_key, load_settings
    from bot.judge import model_judge
    from classifier.llama.errors import EngineStartError, ModelFileError

    settings = load_settings()
    judge = model_judge(settings, model, fence_key=fence_key(settings))
    try:
        await judge.start()
    except ModelFileError as error:
        raise BadInput(str(error)) from None
    except EngineStartError as error:
        raise UserError(str(error)) from None
    return judge


def model_file(model: Path | None) -> Path:
    """The model file that was named.

    Raises:
        BadInput: none was.
    """
    if model is None:
        raise BadInput(f"No model file is named: {MODEL_HOW_TO}, or give --model FILE.gguf.")
    return model.expanduser()


def open_model_vocabulary(model: Path | None) -> Vocabulary:
    """The vocabulary of a model file.

    Raises:
        BadInput: none is named, or it has no vocabulary that Bylaw can use.
    """
    from classifier.llama.errors import ModelFileError
    from classifier.llama.model_file.vocabulary import open_vocabulary

    try:
        return open_vocabulary(model_file(model))
    except ModelFileError as error:
        raise BadInput(str(error)) from None
