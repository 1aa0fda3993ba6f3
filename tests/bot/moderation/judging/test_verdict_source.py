"""A verdict serves the same text again, for some minutes."""

from __future__ import annotations

from collections.abc import Callable

from bot.moderation.judging.verdict_source import VerdictCache
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Verdict

Factory = Callable[..., MessageSeen]


def test_the_verdicts_is_remembered_for_a_while(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """Within the time the verdict comes back; after it, and for another version or text, none does."""
    clock = [100.0]
    verdicts = VerdictCache(lambda: clock[0], seconds=10)
    verdict = verdict_factory()
    verdicts.keep(33, seen_factory(), verdict)
    assert verdicts.find(33, seen_factory(message_id=301, author_id=8)) is verdict
    assert verdicts.find(34, seen_factory()) is None
    assert verdicts.find(33, seen_factory(text="another")) is None
    assert verdicts.find(33, seen_factory(forwarded=True)) is None
    clock[0] = 110.1
    assert verdicts.find(33, seen_factory()) is None


def test_the_memory_for_texts_is_bounded(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """The oldest verdict leaves first."""
    verdicts = VerdictCache(lambda: 0.0, kept=2)
    for text in ("a", "b", "c"):
        verdicts.keep(1, seen_factory(text=text), verdict_factory())
    assert verdicts.find(1, seen_factory(text="a")) is None
    assert verdicts.find(1, seen_factory(text="b")) is not None


def test_lone_surrogates_do_not_hurt(seen_factory: Factory, verdict_factory: Callable[..., Verdict]) -> None:
    """JSON can carry half a character; it has a digest like any other text."""
    verdicts = VerdictCache(lambda: 0.0)
    verdicts.keep(1, seen_factory(text="\ud800"), verdict_factory())
    assert verdicts.find(1, seen_factory(text="\ud800")) is not None
