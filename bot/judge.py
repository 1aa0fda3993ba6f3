"""Creates the judge named in the settings: lite, or a model on this or other machines."""

from __future__ import annotations

import logging
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from bot.keys import Keys
from bot.settings import JudgeChoice, Settings, SettingsError
from classifier import Judge
from classifier.lite.judge import LiteJudge
from classifier.llama.client.judge import JudgeLimits, LlamaJudge
from classifier.llama.errors import ModelFileError
from classifier.llama.options import EngineOptions
from classifier.remote.address import base_url
from classifier.remote.options import Limits, RemoteOptions, Times

if TYPE_CHECKING:
    from classifier.remote.client.judge import RemoteJudge

_log = logging.getLogger(__name__)


def model_judge(settings: Settings, model: Path, *, fence_key: bytes) -> LlamaJudge:
    """Create the judge with a local model. Starts and reads nothing yet."""
    return LlamaJudge(engine_options(settings, model, fence_key=fence_key), judge_limits(settings))


def judge_limits(settings: Settings) -> JudgeLimits:
    """The limits of the engine's queue, from the settings."""
    return JudgeLimits(
        queue_per_server=settings.server_queue_size,
        queue_in_all=settings.queue_size,
        silence_s=settings.hang_seconds,
    )


def engine_options(settings: Settings, model: Path, *, fence_key: bytes) -> EngineOptions:
    """The engine's options, from the settings."""
    return EngineOptions(
        model=model,
        fence_key=fence_key,
        context_tokens=settings.context_tokens,
        sequences=settings.sequences,
        cache_tokens=settings.cache_tokens,
        batch_tokens=settings.batch_tokens,
        gpu_layers=settings.gpu_layers,
        gpu_split=settings.gpu_split,
        threads=settings.threads,
        cache_folder=settings.data_dir if settings.data_dir.is_dir() else None,
    )


def remote_judge(settings: Settings, *, fence_key: bytes) -> RemoteJudge:
    """Create the remote judge. Makes no request yet.

    Raises:
        SettingsError: BYLAW_REMOTE_URLS cannot be used.
    """
    from classifier.remote.client.judge import RemoteJudge  # only this judge needs an HTTP client

    urls = remote_urls(settings)
    options = RemoteOptions(
        urls=urls,
        fence_key=fence_key,
        model=settings.remote_model.strip(),
        key=settings.remote_key.get_secret_value() if settings.remote_key else "",
        mode=settings.remote_mode,
        family=settings.remote_family,
        vocabulary_file=settings.model_path,
        context_tokens=settings.context_tokens,
        times=Times(connect=settings.remote_connect_seconds, answer=settings.remote_timeout_seconds),
        limits=Limits(
            per_endpoint=settings.sequences,
            queue_per_server=settings.server_queue_size,
            queue_in_all=settings.queue_size,
        ),
    )
    return RemoteJudge(options)


def remote_urls(settings: Settings) -> tuple[str, ...]:
    """The addresses of the servers that run the model.

    Raises:
        SettingsError: there are none, or one isn't usable.
    """
    given = settings.remote_urls.replace(",", " ").split()
    if not given:
        raise SettingsError("No server is named: set BYLAW_REMOTE_URLS to its address, such as http://localhost:8000.")
    try:
        return tuple(dict.fromkeys(base_url(url) for url in given))
    except ValueError as error:
        raise SettingsError(f"BYLAW_REMOTE_URLS cannot be used: {error}.") from None


def engine_version() -> str:
    """The engine with its version, because another one may judge differently."""
    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python unknown"


async def start_judge(settings: Settings, keys: Keys) -> Judge:
    """Start the judge named in the settings. Never falls back to another one.

    Raises:
        ModelFileError: the model file is missing or cannot be used.
        EngineStartError: the model's process doesn't start.
        bot.settings.SettingsError: the addresses of the servers cannot be used.
    """
    if settings.judge is JudgeChoice.LITE:
        return LiteJudge()
    if settings.judge is JudgeChoice.REMOTE:
        remote = remote_judge(settings, fence_key=keys.fence_key)
        await remote.start(patiently=True)  # servers come and go, without restarting the bot
        for member in remote.endpoints:
            if member.trouble:
                _log.warning("an endpoint is out of use: %s", member.trouble)
        return remote
    if settings.model_path is None:
        raise ModelFileError("No model file is named: set BYLAW_MODEL_PATH to a gpt-oss-safeguard GGUF file.")
    judge = model_judge(settings, settings.model_path, fence_key=keys.fence_key)
    try:
        await judge.start()
    except BaseException:
        await judge.close()
        raise
    return judge
