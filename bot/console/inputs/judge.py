"""Opens the judge, or the vocabulary, that a command's options name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.inputs.container import model_trouble
from bot.console.inputs.files import expanded
from bot.console.inputs.options import JudgeName
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.settings import Settings
    from classifier import Effort, Judge
    from classifier.long_content import LongContentJudge
    from classifier.prompt.vocabulary import Vocabulary

MODEL_FILE = (
    "gpt-oss-safeguard-20b-MXFP4.gguf, about 12 GB, from lmstudio-community/gpt-oss-safeguard-20b-GGUF on Hugging Face"
)
MODEL_HOW_TO = f"`bylaw model pull` gets {MODEL_FILE}; set BYLAW_MODEL_PATH to it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenJudge:
    """The judge chosen by options and settings."""

    name: JudgeName
    model: Path | None  #: None for judges other than `llama`, and if none is named
    effort: Effort


def choose_judge(judge: JudgeName | None, model: Path | None, effort: Effort | None = None) -> ChosenJudge:
    """Choose the judge by the options, or if those are missing by BYLAW_JUDGE, BYLAW_MODEL_PATH and BYLAW_EFFORT.

    Naming a model selects it. The lite judge is only used if it is named, or if no model is.

    Raises:
        BadInput: the options contradict each other, or a setting cannot be used.
    """
    from bot.console.inputs.files import load_settings
    from classifier import Effort

    if judge is JudgeName.LITE:
        if model is not None:
            raise BadInput(f"--judge lite uses no model: leave it out to judge with {model}, or leave out --model.")
        return ChosenJudge(name=judge, model=None, effort=effort or Effort.LOW)
    if judge is JudgeName.REMOTE and model is not None:
        raise BadInput(f"--judge remote uses no model file: leave it out to judge with {model}, or leave out --model.")
    settings = load_settings()
    name = judge or (JudgeName.LLAMA if model else _judge_of(settings))
    return ChosenJudge(
        name=name,
        model=model or settings.model_path if name is JudgeName.LLAMA else None,
        effort=effort or settings.effort,
    )


def _judge_of(settings: Settings) -> JudgeName:
    """The judge in the settings. If nothing is set, somebody is trying out Bylaw without a model."""
    if "judge" in settings.model_fields_set:
        return JudgeName(settings.judge.value)
    return JudgeName.LITE if settings.model_path is None else JudgeName.LLAMA


@asynccontextmanager
async def open_judge(name: JudgeName, model: Path | None) -> AsyncIterator[LongContentJudge]:
    """Open the judge with this name, ready to answer; it is closed at the end. The settings configure the model.

    Raises:
        BadInput: the model file is missing or not usable.
        UserError: llama.cpp isn't installed, the model doesn't start, or no server of the remote judge is usable.
    """
    from classifier.lite.judge import LiteJudge
    from classifier.long_content import LongContentJudge

    judge: Judge
    if name is JudgeName.LITE:
        judge = LiteJudge()
    else:
        judge = await (_reach_servers() if name is JudgeName.REMOTE else _start_model(model_file(model)))
    try:
        yield LongContentJudge(judge)
    finally:
        await judge.close()


async def _reach_servers() -> Judge:
    from bot.console.inputs.files import fence_key, load_settings
    from bot.judge import remote_judge
    from bot.settings import SettingsError
    from classifier.remote.errors import RemoteStartError

    settings = load_settings()
    try:
        judge = remote_judge(settings, fence_key=fence_key(settings))
    except SettingsError as error:
        raise BadInput(str(error)) from None
    try:
        await judge.start()
    except BaseException as error:
        await judge.close()
        if isinstance(error, RemoteStartError):
            raise UserError(f"{error}.") from None
        raise
    return judge


async def _start_model(model: Path) -> Judge:
    from bot.console.inputs.files import fence_key, load_settings
    from bot.console.inputs.installation import need_llama
    from bot.judge import model_judge
    from classifier.llama.errors import EngineStartError, ModelFileError

    need_llama()
    settings = load_settings()
    judge = model_judge(settings, model, fence_key=fence_key(settings))
    try:
        await judge.start()
    except ModelFileError as error:
        raise BadInput(f"{model_trouble(error, model)}.") from None
    except EngineStartError as error:
        raise UserError(str(error)) from None
    return judge


def model_file(model: Path | None, *, option: bool = True) -> Path:
    """The model file that was named.

    Args:
        option: does the command have `--model`? If not, only the setting names the file.

    Raises:
        BadInput: none was named.
    """
    if model is None:
        raise BadInput(f"No model file is named: {MODEL_HOW_TO}{option and ', or add --model FILE.gguf'}.")
    return expanded(model)


def open_model_vocabulary(model: Path | None) -> Vocabulary:
    """Open the vocabulary of a model file.

    Raises:
        BadInput: none is named, or Bylaw can't use its vocabulary.
    """
    from classifier.llama.errors import ModelFileError
    from classifier.llama.model_file.vocabulary import open_vocabulary

    file = model_file(model)
    try:
        return open_vocabulary(file)
    except ModelFileError as error:
        raise BadInput(f"{model_trouble(error, file)}.") from None
