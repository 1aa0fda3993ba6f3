"""Metrics of judgements: by outcome and method, with their durations and tokens."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from classifier import Judgement, Method, Outcome, UndecidedReason, Verdict

_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 300)


class VerdictMetrics:
    """Counts judgements: a `bot.moderation.judging.message_judge.JudgementSubscriber`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._verdicts = Counter(
            "bylaw_verdicts", "Verdicts by outcome and method.", ("outcome", "method"), registry=registry
        )
        self._undecided = Counter(
            "bylaw_undecided", "Judgements without a verdict, by reason.", ("reason",), registry=registry
        )
        self._tokens = Counter(
            "bylaw_tokens",
            "Tokens of prompts, cached ones included, and of replies.",
            ("kind",),
            registry=registry,
        )
        self._waited = Histogram(
            "bylaw_verdict_wait_seconds", "Time before the judge began.", buckets=_SECONDS, registry=registry
        )
        self._computed = Histogram(
            "bylaw_verdict_compute_seconds", "Time from there to the verdict.", buckets=_SECONDS, registry=registry
        )
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Start series at zero, because ``rate()`` misses the first event of a new series."""
        for outcome in Outcome:
            for method in Method:
                self._verdicts.labels(outcome.value, method.value)
        for reason in UndecidedReason:
            self._undecided.labels(reason.value)
        for kind in ("prompt", "reply"):
            self._tokens.labels(kind)

    def judged(self, seen: MessageSeen, policy: PolicyInForce, judgement: Judgement) -> None:
        """Count one judgement."""
        del seen, policy
        if not isinstance(judgement, Verdict):
            self._undecided.labels(judgement.reason.value).inc()
            return
        provenance = judgement.provenance
        self._verdicts.labels(judgement.outcome.value, provenance.method.value).inc()
        self._tokens.labels("prompt").inc(provenance.prompt_tokens)
        self._tokens.labels("reply").inc(provenance.reply_tokens)
        self._waited.observe(provenance.seconds_waited)
        self._computed.observe(provenance.seconds_computed)

    def passed(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        """Does nothing: `judged` was called for each judgement."""
