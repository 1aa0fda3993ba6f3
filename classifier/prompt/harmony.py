"""The prompt as token ids: which ids are ours, which are the policy's, which are a member's.

gpt-oss models read OpenAI's harmony format, in which control tokens such as ``<|start|>`` separate the messages.
llama.cpp's own tokenizer turns the *text* ``<|start|>`` into that control token, so a prompt built as text lets every
member write a forged verdict into it. Here the prompt is built as ids. Control ids are placed by this module alone;
every text goes through `Vocabulary.encode`, which cannot make one; and the result is checked before it leaves.

Layout: https://cookbook.openai.com/articles/openai-harmony, without a date in the system message. The tests compare
it token by token with OpenAI's own renderer.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import string
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from classifier.content import Content, Message
from classifier.judge import Effort
from classifier.policy_text import PolicyText
from classifier.prompt import wording
from classifier.prompt.vocabulary import ControlIds, Vocabulary
from classifier.prompt_variant import AS_ALWAYS, PromptVariant


class SegmentKind(StrEnum):
    """Whose words the ids of a segment are."""

    FRAME = "frame"  #: ours: control tokens, instructions, marks
    POLICY = "policy"  #: the community's
    CONTEXT = "context"  #: a member's, and only there to help reading
    CONTENT = "content"  #: a member's, to be judged


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of token ids of one kind."""

    kind: SegmentKind
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Prompt:
    """A whole prompt. The model continues after its last id with the channel of its first message."""

    segments: tuple[Segment, ...]
    messages: int = 1  #: how many messages it asks about: their numbers are 1 to this one
    prefix_length: int = 0  #: how many ids from the start are equal for all contents under one policy and effort

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """All token ids in order."""
        return tuple(token for segment in self.segments for token in segment.ids)

    @cached_property
    def fingerprint(self) -> str:
        """sha256, in hex, over the ids as 32-bit little-endian numbers."""
        return hashlib.sha256(struct.pack(f"<{len(self.ids)}I", *self.ids)).hexdigest()


class ControlTokenInText(Exception):
    """A vocabulary turned ordinary text into a control token: it breaks its contract and must not be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Our own words around a policy and a content: what the model is asked to do with them."""

    instructions: str  #: up to the policy's own words
    answer: str  #: between the policy's rules and its examples
    opening: str  #: of the user message, up to the first mark
    closing: str  #: behind the last mark
    examples: str = wording.EXAMPLES  #: before the policy's examples
    variant: PromptVariant = AS_ALWAYS  #: how the policy's own words are laid out


def judging_frame(variant: PromptVariant = AS_ALWAYS) -> Frame:
    """The words that ask for a verdict."""
    return Frame(
        instructions=variant.instructions or wording.INSTRUCTIONS,
        answer=variant.answer or wording.ANSWER,
        opening=variant.user_opening or wording.USER_OPENING,
        closing=variant.user_closing or wording.USER_CLOSING,
        examples=variant.examples or wording.EXAMPLES,
        variant=variant,
    )


def build_prompt(
    policy: PolicyText,
    content: Content,
    *,
    effort: Effort,
    vocabulary: Vocabulary,
    fence_key: bytes,
    variant: PromptVariant | None = None,
    frame: Frame | None = None,
) -> Prompt:
    """Lay out policy and content as one prompt.

    The same arguments always give the same prompt. `fence_key` is the secret from which the code of the marks around
    the content is derived: without it nobody can write a content that closes its own fence. Without a `frame`
    a verdict is asked for. A `variant` of that is for measuring; the bot gives none.

    Raises:
        ValueError: `fence_key` is empty.
        ControlTokenInText: the vocabulary is broken.
    """
    frame = frame or judging_frame(variant or AS_ALWAYS)
    if not fence_key:
        raise ValueError("the fence key must not be empty")
    writer = _Writer(vocabulary)
    _write_prefix(writer, policy, effort, frame)
    prefix_length = writer.length
    _write_messages(writer, content, _fence_code(content, fence_key), frame)
    return Prompt(writer.segments(), len(content.judged), prefix_length)


def final_header_ids(vocabulary: Vocabulary) -> tuple[int, ...]:
    """``<|start|>assistant<|channel|>final<|message|>``: opens the final message."""
    control = vocabulary.control
    role, channel = vocabulary.encode("assistant"), vocabulary.encode("final")
    return (control.start, *role, control.channel, *channel, control.message)


def closing_ids(vocabulary: Vocabulary) -> tuple[int, ...]:
    """``<|end|>`` and the header of the final message: ends the reasoning for the model and lets it answer."""
    return (vocabulary.control.end, *final_header_ids(vocabulary))


class _Writer:
    """Collects ids by kind. Control ids enter through `control` alone, every text through `text`."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._runs: list[tuple[SegmentKind, list[int]]] = []
        self.length = 0  #: ids written so far

    @property
    def marks(self) -> ControlIds:
        """The control tokens to write."""
        return self._vocabulary.control

    def control(self, *ids: int) -> None:
        self._add(SegmentKind.FRAME, ids)

    def text(self, kind: SegmentKind, text: str) -> None:
        ids = self._vocabulary.encode(text)
        if not self.marks.every.isdisjoint(ids):
            raise ControlTokenInText(f"the vocabulary read a control token in {kind.value} text")
        self._add(kind, ids)

    def _add(self, kind: SegmentKind, ids: tuple[int, ...]) -> None:
        if not self._runs or self._runs[-1][0] is not kind:
            self._runs.append((kind, []))
        self._runs[-1][1].extend(ids)
        self.length += len(ids)

    def segments(self) -> tuple[Segment, ...]:
        return tuple(Segment(kind, tuple(ids)) for kind, ids in self._runs)


def _write_prefix(writer: _Writer, policy: PolicyText, effort: Effort, frame: Frame) -> None:
    """Write everything that does not depend on the content."""
    _open(writer, "system")
    writer.text(SegmentKind.FRAME, wording.system_text(effort))
    writer.control(writer.marks.end)
    _open(writer, "developer")
    writer.text(SegmentKind.FRAME, frame.instructions)
    writer.text(SegmentKind.POLICY, wording.policy_body(policy, frame.variant))
    examples = wording.policy_examples(policy)
    writer.text(SegmentKind.FRAME, frame.answer + (frame.examples if examples else ""))
    if examples:
        writer.text(SegmentKind.POLICY, examples)
    writer.control(writer.marks.end)
    _open(writer, "user")
    writer.text(SegmentKind.FRAME, frame.opening)


def _write_messages(writer: _Writer, content: Content, code: str, frame: Frame) -> None:
    """Write the context and the content between marks, and hand over to the model."""
    gap = ""
    context = [(None, message, message.standing.value, SegmentKind.CONTEXT) for message in content.context]
    judged = [(number, each, "content", SegmentKind.CONTENT) for number, each in enumerate(content.judged, start=1)]
    for number, message, word, kind in (*context, *judged):
        writer.text(SegmentKind.FRAME, gap + wording.opening_mark(word, number, message, code))
        writer.text(kind, message.text)
        for name, text in _belongings(message):
            writer.text(SegmentKind.FRAME, wording.part_mark(name, code))
            writer.text(kind, text)
        gap = " "
    writer.text(SegmentKind.FRAME, wording.closing_mark(code) + frame.closing)
    writer.control(writer.marks.end, writer.marks.start)
    writer.text(SegmentKind.FRAME, "assistant")


def _belongings(message: Message) -> Iterator[tuple[str, str]]:
    """What comes with a message, each with the word of its mark."""
    if message.plain:
        yield "plain", message.plain
    for part in message.parts:
        yield part.kind.value, part.text


def _open(writer: _Writer, role: str) -> None:
    writer.control(writer.marks.start)
    writer.text(SegmentKind.FRAME, role)
    writer.control(writer.marks.message)


#: No vowels, so that no code is a word; no digits, so that it splits from the space before it like a word does.
_CODE_LETTERS = "".join(sorted(set(string.ascii_lowercase) - set("aeiou")))
_CODE_LENGTH = 12  # 21 ** 12 codes are 52 bits


def _fence_code(content: Content, fence_key: bytes) -> str:
    """The code of the marks around this content: secret, the same on a replay, and nowhere in the content itself."""
    written = "\n".join(text for message in content.messages for text in _texts(message))
    return _first_absent(_codes(content.messages, fence_key), written)


def _texts(message: Message) -> Iterator[str]:
    yield message.author
    yield message.text
    for _, text in _belongings(message):
        yield text


def _codes(messages: tuple[Message, ...], fence_key: bytes) -> Iterator[str]:
    canonical = json.dumps([(*_texts(message), message.forwarded) for message in messages]).encode()
    attempt = 0
    while True:
        yield _spell(hmac.digest(fence_key, b"%d:%b" % (attempt, canonical), "sha256"))
        attempt += 1


def _first_absent(codes: Iterable[str], written: str) -> str:
    folded = written.casefold()
    return next(code for code in codes if code not in folded)


def _spell(digest: bytes) -> str:
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(_CODE_LETTERS))
        letters.append(_CODE_LETTERS[index])
    return "".join(letters)
