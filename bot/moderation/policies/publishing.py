"""Admins write, publish and roll back policies. Every answer is a value that says what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from bot.languages.translation import _, ngettext, number
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from bot.moderation.policies.language import PolicyLanguage
from bot.moderation.policies.outcomes import Blocked, Conflict, PinsFail, Published, Refused, Saved, no_such, refused
from bot.moderation.policies.pins import Pins
from bot.moderation.policies.reading import beside_the_loop, lint_policy, read_ahead
from classifier import Judge, Lane
from guild_policies.compile import NotJudgeable, fingerprint
from guild_policies.diff import Change, diff
from guild_policies.examples import PinReport, failing_in_words
from guild_policies.findings import Finding
from guild_policies.store.checks import check_new
from guild_policies.store.port import MAX_REASON_LENGTH, ChangedMeanwhile, PolicyStore, PolicyStoreRefusal
from guild_policies.text.parse import policy_of
from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy, StrictStart

__all__ = ["Blocked", "Conflict", "PinsFail", "Published", "Publishing", "Refused", "Saved"]


#: Is called with each version that takes effect. Returns at once and handles its own errors: nobody waits for it.
PublicationSubscriber = Callable[[StoredPolicy, PolicyVersion], None]


class Preparation:
    """Prepares the judge for a text before it takes effect, and checks that it fits into the model's context."""

    def __init__(self, *, judge: Judge, requests: JudgeRequests) -> None:
        self._judge = judge
        self._requests = requests

    async def prepare(self, policy: StoredPolicy, text: str) -> Refused | None:
        """Prepare the judge for this text of the policy. Returns the refusal if the text is too long.

        A judge that isn't available doesn't block a text. Neither does a text that no judge can use: other checks say
        why it can't be published.
        """
        compiled = await judgeable(text)
        if compiled is None:
            return None
        fit = await self._judge.prepare(compiled, effort=policy.settings.effort or self._requests.effort)
        if fit is None or fit.fits:
            return None
        return Refused(
            why=ngettext(
                "“{policy}” is too long for the model: it has {n} token, and at most {most} leave room for a message "
                "and an answer.",
                "“{policy}” is too long for the model: it has {n} tokens, and at most {most} leave room for a message "
                "and an answer.",
                fit.tokens,
                policy=policy.name,
                most=number(max(fit.most, 0)),
            )
        )


class Publishing:
    """The texts of a policy: drafted, published, rolled back, looked up."""

    def __init__(
        self,
        store: PolicyStore,
        *,
        pins: Pins | None = None,
        preparation: Preparation | None = None,
        language: PolicyLanguage | None = None,
    ) -> None:
        self._store = store
        self._pins = pins
        self._preparation = preparation
        self._language = language
        self._subscribers: list[PublicationSubscriber] = []

    def subscribe(self, subscriber: PublicationSubscriber) -> None:
        """Add a subscriber to versions that take effect."""
        self._subscribers.append(subscriber)

    async def may_create(self, guild_id: int, name: str) -> Refused | None:
        """Why the server can't have a new policy with this name now; None if it can."""
        try:
            check_new(name, await self._store.list(guild_id))
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        return None

    async def create(
        self, guild_id: int, name: str, text: str, *, actor_id: int, ends_at: datetime | None = None
    ) -> Saved | Blocked | Refused:
        """Create a policy whose first draft is `text`. With `ends_at`, it doesn't apply to messages posted from then
        on."""
        findings = await lint_policy(text)
        if any(finding.blocking for finding in findings):
            return Blocked(findings=findings, text=text)
        try:
            policy = await self._store.create(
                guild_id=guild_id, name=name, text=text, actor_id=actor_id, ends_at=ends_at
            )
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        if policy.draft is None:
            return Refused(why=_("Somebody else has just published “{policy}”.", policy=policy.name))
        return Saved(policy=policy, draft=policy.draft, findings=await self._with_language(policy, text, findings))

    async def save_draft(
        self,
        guild_id: int,
        name: str,
        text: str,
        *,
        seen_revision: int | None,
        seen_number: int | None,
        actor_id: int,
    ) -> Saved | Blocked | Conflict | Refused:
        """Save `text` as the draft, unless somebody saved another draft since `seen_revision`, or a version other than
        `seen_number` took effect: the author started from neither."""
        findings = await lint_policy(text)
        if any(finding.blocking for finding in findings):
            return Blocked(findings=findings, text=text)
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        if seen_number != (policy.published.number if policy.published else None):
            return await self._conflict(policy, text, seen_revision=seen_revision, seen_number=seen_number)
        try:
            draft = await self._store.save_draft(
                guild_id=guild_id, policy_id=policy.id, text=text, actor_id=actor_id, seen_revision=seen_revision
            )
        except ChangedMeanwhile as changed:
            return await self._conflict(changed.current, text, seen_revision=seen_revision, seen_number=seen_number)
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        before = policy.draft or policy.published
        findings = await self._with_language(policy, text, findings, before=before.text if before else None)
        return Saved(policy=policy, draft=draft, findings=findings)

    async def publish(
        self,
        guild_id: int,
        name: str,
        *,
        seen_revision: int | None = None,
        actor_id: int,
        overrule: str = "",
        strict: StrictStart | None = None,
    ) -> Published | PinsFail | Blocked | Conflict | Refused:
        """Publish the draft: the one with `seen_revision`, which the admin saw, or the current one.

        First the judge prepares for it and judges its pinned examples, which takes time. A text that is too long for
        the model is refused. If examples fail, nothing is published unless `overrule` says why that is all right; the
        reason is stored with the publication. With `strict` it starts strict.
        """
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        draft = _draft_to_publish(policy, seen_revision)
        if not isinstance(draft, Draft):
            return draft
        findings = await lint_policy(draft.text)
        blocked = any(finding.blocking for finding in findings)
        mark = None if blocked else await beside_the_loop(partial(_fingerprint, draft.text), draft.text)
        if mark is None:
            return Blocked(findings=findings, text=draft.text)
        too_long = await self._prepare(policy, draft.text)
        if too_long is not None:
            return too_long
        report = await self._report(policy, draft)
        reason = " ".join(overrule.split())
        if report.failing and not reason:
            return PinsFail(policy=policy, draft=draft, report=report)
        try:
            version = await self._store.publish(
                guild_id=guild_id,
                policy_id=policy.id,
                seen_revision=draft.revision,
                fingerprint=mark,
                actor_id=actor_id,
                overruled=_overruled(report, reason),
                strict=strict,
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text=draft.text)
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        if self._pins is not None:
            await self._pins.note(guild_id, report)
        self._tell(policy, version)
        return Published(policy=policy, version=version, findings=findings, report=report)

    async def roll_back(
        self, guild_id: int, name: str, *, to_number: int, seen_number: int, actor_id: int
    ) -> Published | Conflict | Refused:
        """Put version `to_number` in force again, unless a version other than `seen_number` is in force by now. First
        the judge prepares for it; a text that is too long for the current model is refused."""
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        history = await self._store.history(guild_id, policy.id)
        text = next((line.version.text for line in history if line.version.number == to_number), None)
        too_long = await self._prepare(policy, text) if text is not None else None
        if too_long is not None:
            return too_long
        try:
            version = await self._store.roll_back(
                guild_id=guild_id,
                policy_id=policy.id,
                to_number=to_number,
                seen_number=seen_number,
                actor_id=actor_id,
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text="")
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        self._tell(policy, version)
        return Published(policy=policy, version=version, findings=())

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """The policy with this name."""
        policy = await self._store.find(guild_id, name)
        await read_ahead(_texts(policy) if policy else ())
        return policy

    async def by_id(self, guild_id: int, policy_id: int) -> StoredPolicy | None:
        """The policy with this id, if it belongs to this server: buttons and forms name policies by id."""
        return next((policy for policy in await self.list(guild_id) if policy.id == policy_id), None)

    async def list(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """All policies of a server, oldest first."""
        policies = await self._store.list(guild_id)
        for policy in policies:
            await read_ahead(_texts(policy))
        return policies

    async def history(self, policy: StoredPolicy) -> tuple[Publication, ...]:
        """Every time a version came into force, newest first."""
        return await self._store.history(policy.guild_id, policy.id)

    def _tell(self, policy: StoredPolicy, version: PolicyVersion) -> None:
        for subscriber in self._subscribers:
            subscriber(policy, version)

    async def _prepare(self, policy: StoredPolicy, text: str) -> Refused | None:
        return None if self._preparation is None else await self._preparation.prepare(policy, text)

    async def _with_language(
        self, policy: StoredPolicy, text: str, findings: tuple[Finding, ...], *, before: str | None = None
    ) -> tuple[Finding, ...]:
        if self._language is None:
            return findings
        return (*await self._language.advice(policy.guild_id, text, before=before), *findings)

    async def _report(self, policy: StoredPolicy, draft: Draft) -> PinReport:
        if self._pins is None:
            return PinReport(results=())
        return await self._pins.judge(policy, draft.text, lane=Lane.INTERACTIVE)

    async def _conflict(
        self, current: StoredPolicy, text: str, *, seen_revision: int | None, seen_number: int | None
    ) -> Conflict:
        """What changed since the author began to write: the diff between the text that they saw and the current one."""
        seen: str | None = None
        if seen_revision is not None:
            draft = await self._store.draft_at(current.guild_id, current.id, seen_revision)
            seen = draft.text if draft else None
        elif seen_number is not None:
            history = await self._store.history(current.guild_id, current.id)
            seen = next((line.version.text for line in history if line.version.number == seen_number), None)
        present = current.draft or current.published
        if seen is None or present is None:
            return Conflict(current=current, text=text)
        await read_ahead([seen, present.text])
        since = await beside_the_loop(partial(_difference, seen, present.text), seen, present.text)
        return Conflict(current=current, text=text, since=since)


def _draft_to_publish(policy: StoredPolicy, seen_revision: int | None) -> Draft | Conflict | Refused:
    """The policy's draft, if it is the one that the admin looked at."""
    draft = policy.draft
    if draft is None:
        if seen_revision is not None:
            return Conflict(current=policy, text="")
        return Refused(
            why=_("“{policy}” has no draft to publish. Change it first with /policy edit.", policy=policy.name)
        )
    return draft if seen_revision in (None, draft.revision) else Conflict(current=policy, text=draft.text)


def _texts(policy: StoredPolicy) -> Sequence[str]:
    """The texts of a policy."""
    return [source.text for source in (policy.draft, policy.published) if source is not None]


def _difference(before: str, after: str) -> tuple[Change, ...]:
    return diff(policy_of(before), policy_of(after))


def _fingerprint(text: str) -> str | None:
    """The fingerprint of a text; None if no judge can use it."""
    try:
        return fingerprint(text)
    except NotJudgeable:
        return None


def _overruled(report: PinReport, reason: str) -> str:
    """The reason with the pins that it is about; empty if all pins hold."""
    if not report.failing:
        return ""
    return f"{reason[: MAX_REASON_LENGTH - 200]} ({failing_in_words(report.failing)})"[:MAX_REASON_LENGTH]
