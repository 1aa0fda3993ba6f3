"""A message that is too long to be judged well as a whole is judged in windows, and any of them can break a rule.

The windows overlap, so that nothing is lost at a cut. If even the largest number of windows does not cover a message,
they are spread evenly: its beginning and its end are always judged.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from classifier.content import Content, Message
from classifier.folding import undisguised
from classifier.judge import Effort, Judge, JudgeRequest, PolicyFit
from classifier.policy_text import PolicyText
from classifier.verdict import Judgement, Outcome, Undecided, Verdict

WINDOW = 4_500  #: characters: Discord's longest message, and the title above it
OVERLAP = 400  #: characters that two windows share, at least
MOST_WINDOWS = 8  #: of one message: together they cover some 33,000 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    content: Content
    start: int  # the first character of the message that it shows
    end: int


class LongContentJudge:
    """Asks another judge about each window of a long message, and about everything else directly."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    @property
    def wrapped(self) -> Judge:
        """The other judge."""
        return self._judge

    @property
    def name(self) -> str:
        """That of the other judge."""
        return self._judge.name

    async def judge(self, request: JudgeRequest) -> Judgement:
        """The violation with the highest score of all windows. Without one: undecided if any window is, else clear."""
        found = _windows(request.content)
        if len(found) == 1:
            return await self._judge.judge(request)
        asked = (self._judge.judge(replace(request, content=window.content)) for window in found)
        return _together(found, await asyncio.gather(*asked))

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """As the other judge does."""
        return await self._judge.prepare(policy, effort=effort)

    async def close(self) -> None:
        """Close the other judge."""
        await self._judge.close()


def _windows(content: Content) -> tuple[_Window, ...]:
    length = len(content.target.words)
    if length <= WINDOW:
        return (_Window(content=content, start=0, end=length),)
    count = min(MOST_WINDOWS, -(-(length - OVERLAP) // (WINDOW - OVERLAP)))
    starts = [round(place * (length - WINDOW) / (count - 1)) for place in range(count)]
    return tuple(
        _Window(
            content=replace(content, target=_between(content.target, start, start + WINDOW)),
            start=start,
            end=start + WINDOW,
        )
        for start in starts
    )


def _between(message: Message, start: int, end: int) -> Message:
    """The message with these characters of its words only, counted as in `Message.words`."""
    text = message.text[start:end]
    place, parts = len(message.text) + bool(message.text), []
    for part in message.parts:
        shown = part.text[max(0, start - place) : max(0, end - place)]
        if shown:
            parts.append(replace(part, text=shown))
        place += len(part.text) + 1
    return replace(message, text=text, parts=tuple(parts), plain=undisguised(text))


def _together(windows: tuple[_Window, ...], answers: list[Judgement]) -> Judgement:
    pairs = zip(answers, windows, strict=True)
    verdicts = [(answer, window) for answer, window in pairs if isinstance(answer, Verdict)]
    computed = sum(answer.provenance.seconds_computed for answer, _ in verdicts)
    guilty = [pair for pair in verdicts if pair[0].outcome is Outcome.VIOLATION]
    if not guilty:
        missing = next((answer for answer in answers if isinstance(answer, Undecided)), None)
        if missing is not None:
            return missing
    verdict, window = max(guilty or verdicts, key=lambda pair: pair[0].score)
    if guilty:
        where = f"Characters {window.start + 1:,} to {window.end:,}"
        rationale = f"{where}: {verdict.rationale}" if verdict.rationale else where
        verdict = replace(verdict, rationale=rationale, passage=(window.start, window.end))
    return replace(verdict, provenance=replace(verdict.provenance, seconds_computed=computed))
