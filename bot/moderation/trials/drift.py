"""Drift: another model file or another engine may judge the same words differently.

After each start the judge is asked once for its identity, which includes the wording of its prompts. If that changed,
each server's pinned examples and a sample of its decided cases are judged again, under the same versions as before, and
the differences are reported once. Clear verdicts can't be checked, because their texts were never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.cases.case import Case, CaseKind, DecidedCases
from bot.moderation.messages.message_seen import jump_link
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from bot.moderation.policies.pins import Pins
from bot.moderation.servers.server import ServerSettings, ServerStore
from classifier import (
    Content,
    Effort,
    Judge,
    Judgement,
    JudgeRequest,
    Lane,
    Message,
    Method,
    PolicyText,
    RuleText,
    Undecided,
    Verdict,
    Way,
)
from classifier.judge_many import judge_many
from guild_policies.compile import NotJudgeable
from guild_policies.examples import Pin, PinOutcome
from guild_policies.scope import flags
from guild_policies.store.port import PolicyStore
from guild_policies.versions import StoredPolicy

SAMPLE = 50  #: decided cases checked per policy
_PROBE = PolicyText(
    title="A question to the judge itself",
    rules=(RuleText(id="R1", title="Nothing", breaks_it="nothing does; this only asks which judge answers."),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeMark:
    """The judge that a server was last told about."""

    guild_id: int
    identity: str  #: as in `Drift.identity`
    at: datetime

    def is_of(self, judge: str) -> bool:
        """Is this the judge that a verdict names? Verdicts don't include the engine."""
        return self.identity == judge or self.identity.startswith(f"{judge} ")


class JudgeMarks(Protocol):
    """Reads the judge marks of all servers."""

    async def mark(self, guild_id: int) -> JudgeMark | None:
        """The server's mark; None before its first."""


class DriftStore(JudgeMarks, Protocol):
    """Stores the judge marks of all servers. Every method is one transaction."""

    async def remember(self, mark: JudgeMark) -> None:
        """Replace the server's mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinDrift:
    """A pinned example with another result than before."""

    policy_name: str
    pin: Pin
    held: bool | None  #: result before; None if it was never judged under the version in force
    holds: bool  #: result now


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDrift:
    """A decided case that the judge flagged and would not flag now."""

    policy_name: str
    case_number: int
    jump_link: str
    score: float | None  #: score before
    score_now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """The differences since the judge changed."""

    guild_id: int
    review_channel_id: int
    before: str
    now: str
    pins: tuple[PinDrift, ...]
    cases: tuple[CaseDrift, ...]
    pins_judged: int
    cases_judged: int
    undecided: int

    @property
    def in_words(self) -> str:
        """The outcome in a sentence or two."""
        looked = f"{self.pins_judged} pinned examples and {self.cases_judged} decided cases were judged again"
        found = len(self.pins) + len(self.cases)
        said = f"{looked}: {found or 'none'} of them {'differs' if found == 1 else 'differ'}."
        return f"{said} {self.undecided} more got no verdict." if self.undecided else said


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftStores:
    """The stores that drift checks read, and the store of the marks."""

    marks: DriftStore
    cases: DecidedCases
    servers: ServerStore
    policies: PolicyStore


class Drift:
    """Detects that the judge changed, and what differs since."""

    def __init__(
        self,
        stores: DriftStores,
        *,
        judge: Judge,
        requests: JudgeRequests,
        pins: Pins,
        engine: str,
        now: Callable[[], datetime],
    ) -> None:
        """`engine` names the version of what runs the model."""
        self._store = stores.marks
        self._cases = stores.cases
        self._servers = stores.servers
        self._policies = stores.policies
        self._judge = judge
        self._requests = requests
        self._pins = pins
        self._engine = engine
        self._now = now

    async def identity(self) -> str | None:
        """The judge's identity: its name in verdicts and, for a model, the engine. None if it doesn't answer."""
        content = Content(target=Message(text="Hello."))
        request = self._requests.make(_PROBE, content, effort=Effort.LOW, lane=Lane.AGAIN, server=0)
        answer = await self._judge.judge(replace(request, way=Way.PROBE))
        if isinstance(answer, Undecided):
            return None
        provenance = answer.provenance
        without_model = provenance.method in (Method.LITE, Method.SCRIPTED)
        return provenance.judge if without_model else f"{provenance.judge} {self._engine}"

    async def check(self, owns: Callable[[int], bool] = lambda _: True) -> tuple[DriftReport, ...]:
        """Look for a change, once after the start. A report is returned until `told` is called for it. Servers without
        a difference are marked at once, and so is the first judge of a server.

        Args:
            owns: does this server belong to this process, connected or not?
        """
        identity = await self.identity()
        if identity is None:
            return ()
        reports = []
        for settings in filter(lambda each: owns(each.guild_id), await self._servers.all()):
            mark = await self._store.mark(settings.guild_id)
            if mark is not None and mark.identity == identity:
                continue
            report = None if mark is None else await self._look(settings, before=mark.identity, now=identity)
            if report is not None and (report.pins or report.cases):
                reports.append(report)
            elif report is None or not report.undecided:
                await self._remember(settings.guild_id, identity)
        return tuple(reports)

    async def told(self, report: DriftReport) -> None:
        """Record that the report was posted, so that it isn't posted again."""
        for pin in report.pins:
            await self._pins.note_one(report.guild_id, pin.pin.id, holds=pin.holds)
        await self._remember(report.guild_id, report.now)

    async def _remember(self, guild_id: int, identity: str) -> None:
        await self._store.remember(JudgeMark(guild_id=guild_id, identity=identity, at=self._now()))

    async def _look(self, settings: ServerSettings, *, before: str, now: str) -> DriftReport:
        pins: list[PinDrift] = []
        cases: list[CaseDrift] = []
        pins_judged = cases_judged = undecided = 0
        for policy in await self._policies.published(settings.guild_id):
            changed, judged, unclear = await self._look_at_pins(policy)
            pins += changed
            pins_judged, undecided = pins_judged + judged, undecided + unclear
            differing, judged, unclear = await self._look_at_cases(policy, settings)
            cases += differing
            cases_judged, undecided = cases_judged + judged, undecided + unclear
        return DriftReport(
            guild_id=settings.guild_id,
            review_channel_id=settings.review_channel_id,
            before=before,
            now=now,
            pins=tuple(pins),
            cases=tuple(cases),
            pins_judged=pins_judged,
            cases_judged=cases_judged,
            undecided=undecided,
        )

    async def _look_at_pins(self, policy: StoredPolicy) -> tuple[list[PinDrift], int, int]:
        """The pins with another result, how many were judged, and how many got no verdict."""
        if policy.published is None:
            return [], 0, 0
        try:
            report = await self._pins.judge(policy, policy.published.text, lane=Lane.AGAIN)
        except NotJudgeable:
            return [], 0, 0
        judged = [each for each in report.results if each.outcome is not PinOutcome.UNDECIDED]
        standing = [(each.pin, each.outcome is PinOutcome.HOLDS) for each in judged]
        changed = [
            PinDrift(policy_name=policy.name, pin=pin, held=pin.held, holds=holds)
            for pin, holds in standing
            if pin.held is not holds and not (pin.held is None and holds)
        ]
        return changed, len(judged), len(report.results) - len(judged)

    async def _look_at_cases(self, policy: StoredPolicy, settings: ServerSettings) -> tuple[list[CaseDrift], int, int]:
        """The same for cases, which a judge had all flagged."""
        since = self._now() - timedelta(days=settings.retention_days)
        found = await self._cases.decided(settings.guild_id, policy_id=policy.id, since=since, limit=SAMPLE)
        sample = [case for case in found if case.kind is CaseKind.VIOLATION]
        texts = {case.judged.version_id: await self._text(settings.guild_id, case) for case in sample}
        differing, judged, undecided = [], 0, 0
        async for case, judgement in judge_many(self._judge, self._questions(policy, sample, texts)):
            if not isinstance(judgement, Verdict):
                undecided += 1
                continue
            judged += 1
            if not flags(judgement, policy.settings.threshold):
                differing.append(_case_drift(policy, case, judgement))
        differing.sort(key=lambda each: each.score_now)
        return differing, judged, undecided

    def _questions(
        self, policy: StoredPolicy, cases: list[Case], texts: dict[int, PolicyText | None]
    ) -> Iterator[tuple[Case, JudgeRequest]]:
        for case in cases:
            text, evidence = texts[case.judged.version_id], case.evidence
            if text is None or evidence.text is None:
                continue
            yield (
                case,
                self._requests.make(
                    text,
                    Content(target=Message(text=evidence.text, forwarded=evidence.forwarded)),
                    effort=policy.settings.effort,
                    lane=Lane.AGAIN,
                    server=case.guild_id,
                ),
            )

    async def _text(self, guild_id: int, case: Case) -> PolicyText | None:
        version = await self._policies.version(guild_id, case.judged.version_id)
        return None if version is None else await judgeable(version.text)


def _case_drift(policy: StoredPolicy, case: Case, judgement: Judgement) -> CaseDrift:
    return CaseDrift(
        policy_name=policy.name,
        case_number=case.number,
        jump_link=jump_link(case.guild_id, case.evidence.channel_id, case.evidence.message_id),
        score=case.judged.score,
        score_now=judgement.score if isinstance(judgement, Verdict) else 0.0,
    )
