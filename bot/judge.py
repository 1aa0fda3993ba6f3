"""The judge that runs the model, as the operator's settings say."""

from __future__ import annotations

from pathlib import Path

from bot.settings import Settings
from classifier.llama.client.judge import JudgeLimits, LlamaJudge
from classifier.llama.options import EngineOptions


def model_judge(settings: Settings, model: Path, *, fence_key: bytes) -> LlamaJudge:
    """Nothing is started or read yet."""
    limits = JudgeLimits(
        queue_per_server=settings.server_queue_size,
        queue_in_all=settings.queue_size,
        silence_s=settings.hang_seconds,
    )
    return LlamaJudge(engine_options(settings, model, fence_key=fence_key), limits)


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
