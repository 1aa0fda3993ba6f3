"""The judges with a model, here or on other machines, as the operator's settings say."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings, SettingsError
from classifier.llama.client.judge import JudgeLimits, LlamaJudge
from classifier.llama.options import EngineOptions
from classifier.remote.address import base_url
from classifier.remote.options import Limits, RemoteOptions, Times

if TYPE_CHECKING:
    from classifier.remote.client.judge import RemoteJudge


def model_judge(settings: Settings, model: Path, *, fence_key: bytes) -> LlamaJudge:
    """Nothing is started or read yet."""
    return LlamaJudge(engine_options(settings, model, fence_key=fence_key), judge_limits(settings))


def judge_limits(settings: Settings) -> JudgeLimits:
    """What the settings say about how much may wait for the engine."""
    return JudgeLimits(
        queue_per_server=settings.server_queue_size,
        queue_in_all=settings.queue_size,
        silence_s=settings.hang_seconds,
    )


def engine_options(settings: Settings, model: Path, *, fence_key: bytes) -> EngineOptions:
    """What the settings say about the engine."""
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
    """Nothing is asked yet.

    Raises:
        SettingsError: BYLAW_REMOTE_URLS cannot be used.
    """
    from classifier.remote.client.judge import RemoteJudge  # here, because only this judge needs an HTTP client

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
        SettingsError: there is none, or one cannot be used.
    """
    given = settings.remote_urls.replace(",", " ").split()
    if not given:
        raise SettingsError("No server is named: set BYLAW_REMOTE_URLS to its address, such as http://localhost:8000.")
    try:
        return tuple(dict.fromkeys(base_url(url) for url in given))
    except ValueError as error:
        raise SettingsError(f"BYLAW_REMOTE_URLS cannot be used: {error}.") from None


def engine_version() -> str:
    """What runs the model, with its version: another one may judge otherwise."""
    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python unknown"
