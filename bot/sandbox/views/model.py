"""The prompt and the verdict for a message under every policy in force."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord

from bot.cogs.interactions.read_message import MessageReader
from bot.moderation.judging.check import Checked
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import RecentLines
from bot.sandbox.views.messages import MESSAGE_GONE, find_message
from bot.sandbox.views.verdicts import view_of_judgement
from bot.sandbox.world.errors import BadRequest, Gone
from bot.sandbox.world.places import channel_of, room
from bot.simulation.simulated_server import Simulation
from classifier import Effort
from classifier.prompt.harmony import Prompt, build_prompt
from classifier.prompt.readable import runs_of
from classifier.prompt.tiktoken_file import kept_vocabulary
from classifier.prompt.vocabulary import ByteVocabulary, Vocabulary

NOTHING_TO_READ = "There is nothing in this message that a judge could read."
NOT_JUDGED = "Direct messages are never judged."

_FENCE_KEY = b"bylaw: the sandbox"  #: nothing here is secret
_BYTES_PER_TOKEN = 4  #: characters per token of English, in the model's vocabulary


class ModelView:
    """Shows prompts with the available vocabulary: the model file's, tiktoken's, or none."""

    def __init__(self, model: Path | None) -> None:
        self._model = model
        self._vocabulary: Vocabulary | None = None

    async def of_message(self, simulation: Simulation, room_key: str, message_id: int) -> dict[str, Any]:
        """The prompt and the verdict under each policy in force.

        Raises:
            BadRequest: no judge would read this message.
            Gone: it doesn't exist.
        """
        seen = await _seen(simulation, room_key, message_id)
        begun = time.perf_counter()
        result = await simulation.bot.services.check.check(seen)
        seconds = time.perf_counter() - begun
        vocabulary = await self._open()
        return {
            "policies": [_under(each, seen, vocabulary) for each in result.answers],
            "exact": not isinstance(vocabulary, ByteVocabulary),
            "seconds": seconds,
            "case": result.case.number if result.case else None,
        }

    async def _open(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = await asyncio.to_thread(_open_vocabulary, self._model)
        return self._vocabulary


def _open_vocabulary(model: Path | None) -> Vocabulary:
    if model is not None:
        from classifier.llama.model_file.vocabulary import open_vocabulary  # a large file: only if needed

        return open_vocabulary(model)
    return kept_vocabulary() or ByteVocabulary()


async def _seen(simulation: Simulation, room_key: str, message_id: int) -> MessageSeen:
    """The message as the judge gets it: with its files read, and its context."""
    if room(room_key).of_member:
        raise BadRequest(NOT_JUDGED)
    message = find_message(simulation, room_key, message_id)
    if message is None:
        raise Gone(MESSAGE_GONE)
    reader, lines = MessageReader(simulation.bot.services.attribution), RecentLines()
    for earlier in _before(simulation, room_key, message):
        line = await reader.seen(earlier)
        if line is not None:
            lines.keep(line)
    seen = await reader.whole(message)
    if seen is None or seen.is_empty:
        raise BadRequest(NOTHING_TO_READ)
    return replace(seen, context=lines.before(seen))


def _before(simulation: Simulation, room_key: str, message: discord.Message) -> list[discord.Message]:
    history = channel_of(simulation, room_key).history()
    return [each for each in history if each.id < message.id and not each.flags.ephemeral]


def _under(checked: Checked, seen: MessageSeen, vocabulary: Vocabulary) -> dict[str, Any]:
    policy = checked.policy
    prompt = build_prompt(
        policy.text,
        content_of(seen),
        effort=policy.settings.effort or Effort.LOW,
        vocabulary=vocabulary,
        fence_key=_FENCE_KEY,
    )
    return {
        "name": policy.name,
        "version": policy.version.number,
        "judgement": view_of_judgement(checked.judgement, policy.policy),
        "segments": _segments(prompt, vocabulary),
        "tokens": _count(prompt.ids, vocabulary),
        "fixed": _count(prompt.ids[: prompt.prefix_length], vocabulary),
    }


def _segments(prompt: Prompt, vocabulary: Vocabulary) -> list[dict[str, Any]]:
    return [
        {
            "kind": segment.kind.value,
            "tokens": _count(segment.ids, vocabulary),
            "runs": [{"text": run.text, "control": run.control} for run in runs_of(segment.ids, vocabulary)],
        }
        for segment in prompt.segments
        if segment.ids
    ]


def _count(ids: tuple[int, ...], vocabulary: Vocabulary) -> int:
    """The number of the model's tokens: exact with its vocabulary, otherwise estimated from bytes."""
    if not isinstance(vocabulary, ByteVocabulary):
        return len(ids)
    control = sum(token in vocabulary.control.every for token in ids)
    return control + -(-(len(ids) - control) // _BYTES_PER_TOKEN)
