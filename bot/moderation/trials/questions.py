"""Asks five questions a week, if a server wants that, and turns the answers into pinned examples.

The judge invents more messages than are needed and judges them without reasoning; those with scores nearest to the
middle become questions. The prompt has no member's words: only the policy, its pinned examples and earlier inventions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.languages.translation import _
from bot.moderation.cards.route import is_quiet
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from bot.moderation.policies.outcomes import Refused
from bot.moderation.policies.pins import Pins
from bot.moderation.policies.reading import read_policy
from bot.moderation.servers.options import CardOptions, OptionStore, QuestionOptions
from bot.moderation.servers.server import ServerSettings, ServerStore
from bot.moderation.trials.question import (
    NOT_PINNED,
    NewQuestion,
    Question,
    QuestionAnswer,
    QuestionStore,
    QuestionWeek,
    monday,
)
from classifier import (
    Content,
    Invented,
    Judge,
    JudgeRequest,
    Lane,
    Message,
    PolicyText,
    Undecided,
    UndecidedReason,
    Verdict,
    Way,
    Writer,
    invent_request,
)
from classifier.judge_many import judge_many
from guild_policies.examples import MAX_PINS_PER_POLICY, Pin
from guild_policies.scope import flags
from guild_policies.store.port import PolicyStore
from guild_policies.versions import StoredPolicy

ASKED = 5  #: questions per week
INVENTED = 8  #: inventions, of which those nearest to the threshold become questions
KNOWN = 30  #: earlier texts in the prompt, so that the judge writes different ones
DEADLINE_S = 3_600.0  #: seconds; the background lane may have to wait until a busy hour is over

#: Problems of the judge, which may be over in an hour.
_LATER = frozenset({UndecidedReason.JUDGE_UNAVAILABLE, UndecidedReason.QUEUE_FULL, UndecidedReason.DEADLINE})
#: Nothing can be written about this policy: try the next one.
_NEVER = frozenset({UndecidedReason.TOO_LONG, UndecidedReason.UNREADABLE, UndecidedReason.NO_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionStores:
    """The stores that questions read and write."""

    questions: QuestionStore
    policies: PolicyStore
    servers: ServerStore
    options: OptionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The result of a click."""

    counted: bool  #: False if somebody else was first, or the text or the rule was deleted
    week: QuestionWeek  #: as it is now
    refused: str = ""  #: why the answer isn't a pinned example


class Questions:
    """Writes questions, asks them and takes answers."""

    def __init__(
        self,
        stores: QuestionStores,
        *,
        writer: Writer | None,
        judge: Judge,
        requests: JudgeRequests,
        pins: Pins,
        now: Callable[[], datetime],
    ) -> None:
        """`writer`: None if the judge can't write; then nothing is asked."""
        self._store = stores.questions
        self._policies = stores.policies
        self._servers = stores.servers
        self._options = stores.options
        self._writer = writer
        self._judge = judge
        self._requests = requests
        self._pins = pins
        self._now = now

    @property
    def can_write(self) -> bool:
        """Can the judge write?"""
        return self._writer is not None

    async def due(self, serves: Callable[[int], bool]) -> AsyncIterator[tuple[ServerSettings, QuestionWeek]]:
        """This week's open questions, announced or not. Writes them if needed, which takes a while. Idempotent. In a
        server's quiet hours nothing is due."""
        for settings in await self._servers.all():
            if not serves(settings.guild_id) or not await self._is_wanted(settings.guild_id):
                continue
            week = await self._this_week(settings.guild_id)
            if week is not None and (week := await self._with_rules(week)).open:
                yield settings, week

    async def posted(self, week: QuestionWeek, *, channel_id: int, message_id: int) -> None:
        """Record that moderators were told."""
        await self._store.posted(week.guild_id, week.week, channel_id=channel_id, message_id=message_id)

    async def week(self, guild_id: int, week: date) -> QuestionWeek | None:
        """The questions of the week that begins on this Monday. Those whose rule was removed are closed now."""
        found = await self._store.week(guild_id, week)
        return None if found is None else await self._with_rules(found)

    async def week_of(self, guild_id: int, question_id: int) -> QuestionWeek | None:
        """The week that a question of this server is in."""
        return await self._store.week_of(guild_id, question_id)

    async def answer(self, guild_id: int, question_id: int, answer: QuestionAnswer, *, by: int) -> Answered | None:
        """Store an answer and pin it. None if there is no such question. If its rule was removed, the question is
        closed instead."""
        asked = await self._store.week_of(guild_id, question_id)
        if asked is None:
            return None
        await self._with_rules(asked)
        counted = await self._store.answer(guild_id, question_id, answer, by=by)
        week = await self._store.week_of(guild_id, question_id)
        if week is None:
            return None
        question = _in(week, question_id)
        refused = await self._pin(question) if counted and question.waits_for_pin else ""
        return Answered(counted=counted, week=await self._store.week_of(guild_id, question_id) or week, refused=refused)

    async def pin_waiting(self, serves: Callable[[int], bool]) -> None:
        """Pin answers that an earlier process stored but didn't pin. Each is tried once."""
        for settings in await self._servers.all():
            if serves(settings.guild_id):
                for question in await self._store.waiting_for_pins(settings.guild_id):
                    await self._pin(question)

    async def _is_wanted(self, guild_id: int) -> bool:
        if not (await self._options.get(guild_id, QuestionOptions)).weekly:
            return False
        return not is_quiet(await self._options.get(guild_id, CardOptions), self._now())

    async def _this_week(self, guild_id: int) -> QuestionWeek | None:
        """The questions of this week; writes them if there are none. None if that isn't possible now."""
        this = monday(self._now())
        week = await self._store.week(guild_id, this)
        if week is not None or self._writer is None:
            return week
        for policy in await self._candidates(guild_id):
            written = await self._write(self._writer, policy)
            if isinstance(written, Undecided):
                if written.reason in _NEVER:
                    continue
                return None
            asked = QuestionWeek(
                guild_id=guild_id,
                week=this,
                policy_id=policy.id,
                policy_name=policy.name,
                version_number=policy.published.number if policy.published else 0,
            )
            return await self._store.ask(asked, written)
        return None

    async def _candidates(self, guild_id: int) -> list[StoredPolicy]:
        """The policies in force with room for pins, least recently asked first."""
        last = await self._store.last_asked(guild_id)
        found = []
        for policy in await self._policies.published(guild_id):
            pins = await self._pins.of(guild_id, policy.name)
            if policy.in_force is not None and len(pins) + ASKED <= MAX_PINS_PER_POLICY:
                found.append(policy)
        return sorted(found, key=lambda each: (str(last.get(each.id, "")), each.id))

    async def _write(self, writer: Writer, policy: StoredPolicy) -> tuple[NewQuestion, ...] | Undecided:
        version = policy.in_force
        text = None if version is None else await judgeable(version.text)
        if text is None:
            return Undecided(reason=UndecidedReason.UNREADABLE, detail="no judge can work with this policy")
        pins = [pin.text for pin in await self._pins.of(policy.guild_id, policy.name)]
        known = [*await self._store.texts(policy.guild_id, policy.id, limit=KNOWN), *pins]
        request = invent_request(
            text,
            known,
            count=INVENTED,
            effort=policy.settings.effort or self._requests.effort,
            server=policy.guild_id,
            deadline_s=DEADLINE_S,
        )
        written = await writer.invent(request)
        if isinstance(written, Undecided):
            return written
        fresh = [each for each in written.invented if each.text.casefold() not in {old.casefold() for old in known}]
        return await self._nearest(policy, text, fresh)

    async def _nearest(
        self, policy: StoredPolicy, text: PolicyText, invented: list[Invented]
    ) -> tuple[NewQuestion, ...] | Undecided:
        """The inventions nearest to the threshold, each with the judge's verdict after reasoning."""
        guesses = await self._judged(policy, text, invented, Way.PROBE)
        if isinstance(guesses, Undecided):
            return guesses
        nearest = sorted(guesses, key=lambda place: (abs(guesses[place].score - 0.5), place))[:ASKED]
        chosen = [invented[place] for place in sorted(nearest)]
        verdicts = await self._judged(policy, text, chosen, Way.REASON)
        if isinstance(verdicts, Undecided):
            return verdicts
        threshold = policy.settings.threshold
        return tuple(
            NewQuestion(
                text=chosen[place].text,
                rule_id=chosen[place].rule_id,
                found=verdict.rule_ids if flags(verdict, threshold) else (),
            )
            for place, verdict in sorted(verdicts.items())
        )

    async def _judged(
        self, policy: StoredPolicy, text: PolicyText, invented: list[Invented], way: Way
    ) -> dict[int, Verdict] | Undecided:
        """The verdicts, by position; inventions without one are left out. A problem of the judge affects all."""
        requests: list[tuple[int, JudgeRequest]] = []
        for place, each in enumerate(invented):
            request = self._requests.make(
                text,
                Content(target=Message(text=each.text)),
                effort=policy.settings.effort,
                lane=Lane.BACKGROUND,
                server=policy.guild_id,
                deadline_s=DEADLINE_S,
            )
            requests.append((place, replace(request, way=way)))
        verdicts: dict[int, Verdict] = {}
        async for place, judgement in judge_many(self._judge, requests):
            if isinstance(judgement, Verdict):
                verdicts[place] = judgement
            elif judgement.reason in _LATER:
                return judgement
        return verdicts

    async def _with_rules(self, week: QuestionWeek) -> QuestionWeek:
        """Close open questions whose rule is no longer in the policy in force, and return the week: nobody can say
        whether a message breaks such a rule, and the answer would be refused as a pinned example."""
        if not week.open:
            return week
        policies = {each.id: each for each in await self._policies.list(week.guild_id)}
        policy = policies.get(week.policy_id)
        version = policy.published if policy else None
        rules = {rule.id.casefold() for rule in (await read_policy(version.text)).rules} if version else set()
        gone = [each for each in week.open if each.rule_id.casefold() not in rules]
        for each in gone:
            await self._store.answer(week.guild_id, each.id, QuestionAnswer.CLOSED, by=None)
        return (await self._store.week(week.guild_id, week.week) or week) if gone else week

    async def _pin(self, question: Question) -> str:
        """Make an answer a pinned example, once. Returns why, if that is refused. Refused ones aren't retried, because
        a rule that returns with the same id may be a different one."""
        pin = await self._pin_of(question)
        if isinstance(pin, Refused):
            await self._store.pinned(question.guild_id, question.id, NOT_PINNED)
            return pin.why
        await self._store.pinned(question.guild_id, question.id, pin.id)
        return ""

    async def _pin_of(self, question: Question) -> Pin | Refused:
        policies = {each.id: each for each in await self._policies.list(question.guild_id)}
        policy = policies.get(question.policy_id)
        if policy is None or question.text is None or question.answered_by is None:
            return Refused(why=_("This policy is no longer in this server."))
        rule_id = question.rule_id if question.answer is QuestionAnswer.BREAKS else None
        pins = await self._pins.of(question.guild_id, policy.name)
        known = next((each for each in pins if each.text == question.text), None)
        return known or await self._pins.add(
            question.guild_id, policy.name, question.text, rule_id=rule_id, actor_id=question.answered_by
        )


def _in(week: QuestionWeek, question_id: int) -> Question:
    return next(each for each in week.questions if each.id == question_id)
