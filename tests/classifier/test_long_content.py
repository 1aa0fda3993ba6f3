"""Long messages are judged in windows that leave nothing out, up to a number of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Content, Judgement, JudgeRequest, Message, Part, PartKind, Undecided, UndecidedReason, Verdict
from classifier.long_content import MOST_WINDOWS, OVERLAP, WINDOW, LongContentJudge
from classifier.policy_text import PolicyText, RuleText
from classifier.scripted import ScriptedJudge, clear, violation

POLICY = PolicyText(title="Films", rules=(RuleText(id="R1", title="Spoilers", breaks_it="spoilers"),))
COVERED = MOST_WINDOWS * WINDOW - (MOST_WINDOWS - 1) * OVERLAP
WORD = "butler"


def asked(script: Callable[[JudgeRequest], Judgement]) -> tuple[ScriptedJudge, LongContentJudge]:
    """A judge of long contents, and the one behind it."""
    inner = ScriptedJudge(script)
    return inner, LongContentJudge(inner)


def flags_the_word(request: JudgeRequest) -> Judgement:
    """Whoever says the word breaks R1."""
    return violation("R1", rationale="Told.") if WORD in request.content.target.words else clear()


@given(
    length=st.integers(WINDOW - 10, COVERED - len(WORD)),
    place=st.floats(0, 1),
    split=st.floats(0, 1),
)
@settings(deadline=None)
async def test_a_word_is_found_wherever_it_is(length: int, place: float, split: float) -> None:
    """In the text, in a part, and where two windows meet."""
    at = int(place * length)
    text = "x" * at + WORD + "x" * (length - at)
    cut = int(split * len(text))
    if at < cut < at + len(WORD):
        cut = at
    target = Message(text=text[:cut], parts=(Part(kind=PartKind.FILE, text=text[cut:]),))
    inner, judge = asked(flags_the_word)
    verdict = await judge.judge(JudgeRequest(policy=POLICY, content=Content(target=target)))
    assert isinstance(verdict, Verdict)
    assert verdict.rule_ids == ("R1",)
    assert len(inner.requests) <= MOST_WINDOWS
    assert max(len(request.content.target.text) for request in inner.requests) <= WINDOW


async def test_what_is_even_longer_is_judged_at_both_ends() -> None:
    """By the most windows, spread evenly."""
    for text in (WORD + "x" * 200_000, "x" * 200_000 + WORD):
        inner, judge = asked(flags_the_word)
        verdict = await judge.judge(JudgeRequest(policy=POLICY, content=Content(target=Message(text=text))))
        assert isinstance(verdict, Verdict)
        assert (verdict.rule_ids, len(inner.requests)) == (("R1",), MOST_WINDOWS)


async def test_the_reason_says_where() -> None:
    """So that a moderator finds it in a long file."""
    content = Content(target=Message(text="x" * 8_000 + WORD))
    _, judge = asked(flags_the_word)
    verdict = await judge.judge(JudgeRequest(policy=POLICY, content=content))
    assert isinstance(verdict, Verdict)
    assert verdict.rationale == "Characters 3,507 to 8,006: Told."
    assert verdict.passage == (3_506, 8_006)


async def test_a_passage_is_one_of_the_messages_words() -> None:
    """Text and parts as they follow each other there."""
    parts = tuple(Part(kind=PartKind.FILE, text="x" * 3_000) for _ in range(2))
    target = Message(text="x" * 3_000, parts=(*parts, Part(kind=PartKind.FILE, text=WORD)))
    inner, judge = asked(flags_the_word)
    verdict = await judge.judge(JudgeRequest(policy=POLICY, content=Content(target=target)))
    assert isinstance(verdict, Verdict)
    assert verdict.passage is not None
    start, end = verdict.passage
    assert WORD in target.words[start:end]
    assert inner.requests[-1].content.target.words == target.words[start:end]


async def test_a_window_without_an_answer_is_never_clear() -> None:
    """Unless another one breaks a rule, which is enough."""
    missing = Undecided(reason=UndecidedReason.DEADLINE)

    def script(request: JudgeRequest) -> Judgement:
        return missing if "y" in request.content.target.text else flags_the_word(request)

    for text, wanted in (("y" + "x" * 8_000, missing), ("y" + "x" * 8_000 + WORD, ("R1",))):
        content = Content(target=Message(text=text))
        _, judge = asked(script)
        answer = await judge.judge(JudgeRequest(policy=POLICY, content=content))
        assert (answer.rule_ids if isinstance(answer, Verdict) else answer) == wanted


@pytest.mark.parametrize("length", [0, 1, WINDOW])
async def test_what_is_short_is_asked_as_it_is(length: int) -> None:
    """Once, and the request is the same object."""
    content = Content(target=Message(text="x" * length))
    inner, judge = asked(flags_the_word)
    request = JudgeRequest(policy=POLICY, content=content)
    await judge.judge(request)
    assert inner.requests == [request]
