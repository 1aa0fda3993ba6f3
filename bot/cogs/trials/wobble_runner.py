"""Runs a wobble test in the background after each publication, and reports the result in one line.

It stores nothing: a restart ends a test, and the next publication begins another one.
"""

from __future__ import annotations

import asyncio
from functools import partial

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import name
from bot.cogs.policies.buttons import PolicyButton, PolicyClick, PolicyVerb
from bot.cogs.trials.wobble_words import outcome
from bot.languages.translation import _, marked, ngettext, number
from bot.moderation.setup import Setup
from bot.moderation.trials.wobbles import WobblePlan, Wobbles
from guild_policies.versions import PolicyVersion, StoredPolicy
from guild_policies.wobble import Wobble

_LAYOUTS_NAMED = 3
OVER = marked("This is over.")
STOPPED = marked("Stopped. Nothing was stored, and the version stays in force.")
_NEWER = marked("{policy}: a newer version is in force. /policy publish and rollback begin another check.")
_BROKE = marked("{policy}: something went wrong in the check. /policy publish and rollback begin another one.")
_JUDGE_GONE = marked("{policy}: the judge was not available. /policy publish and rollback begin another check.")


class WobbleRunner:
    """Runs wobble tests as separate tasks, one at a time for each policy."""

    def __init__(self, posts: ProgressPosts, *, wobbles: Wobbles, setup: Setup) -> None:
        self._posts = posts
        self._wobbles = wobbles
        self._setup = setup
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by policy
        self._newest: dict[int, PolicyVersion] = {}  # of the policies whose tests run

    def published(self, policy: StoredPolicy, version: PolicyVersion) -> None:
        """A version took effect: start its test, and end the previous version's. Skips flash rules, which are too
        short-lived."""
        if policy.ends_at is not None:
            return
        self._newest[policy.id] = version
        self.stop(policy.id)
        task = asyncio.create_task(self._run(policy, version))
        self._tasks[policy.id] = task
        task.add_done_callback(lambda done: self._forget(policy.id, done))

    def stop(self, policy_id: int) -> Reply:
        """End the test of a policy."""
        task = self._tasks.pop(policy_id, None)
        if task is None:
            return Reply(text=_(OVER))
        task.cancel()
        return Reply(text=_(STOPPED))

    async def close(self) -> None:
        """End all of them."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, policy_id: int, done: asyncio.Task[None]) -> None:
        if self._tasks.get(policy_id) is done:
            del self._tasks[policy_id]
        if policy_id not in self._tasks:
            self._newest.pop(policy_id, None)

    async def _run(self, policy: StoredPolicy, version: PolicyVersion) -> None:
        async with surviving("a wobble test"):
            plan = await self._wobbles.plan(policy, version)
            settings = await self._setup.settings_of(policy.guild_id)
            if plan is None or settings is None:
                return
            message_id = await self._posts.post(policy.guild_id, settings.review_channel_id, partial(under_way, plan))
            if message_id is None:
                return  # advice that cannot be shown is not worth the judge's time
            shown = (policy.guild_id, settings.review_channel_id, message_id)
            try:
                found = await self._wobbles.run(plan)
            except asyncio.CancelledError:
                if self._newest.get(policy.id, version) != version:
                    await self._posts.edit(*shown, partial(ended, plan, _NEWER))
                raise
            except Exception:
                await self._posts.edit(*shown, partial(ended, plan, _BROKE))
                raise
            told = partial(ended, plan, _JUDGE_GONE) if found is None else partial(report, plan, found)
            await self._posts.edit(*shown, told)


def under_way(plan: WobblePlan) -> Reply:
    """The running test and its extent, with the button that ends it."""
    click = PolicyClick(verb=PolicyVerb.STOP_WOBBLE, policy_id=plan.policy.id, number=plan.version.number)
    values = {
        "policy": _head(plan),
        "layouts": number(len(plan.tried.tried) - 1),
        "judgements": number(plan.cost.judgements),
        "tokens": number(plan.cost.tokens),
    }
    text = ngettext(
        "{policy} is in force. Bylaw now checks in the background whether verdicts depend on its layout: {n} pinned "
        "example or decided case under {layouts} layouts with the same meaning, {judgements} judgements, about "
        "{tokens} tokens to read. A restart ends this.",
        "{policy} is in force. Bylaw now checks in the background whether verdicts depend on its layout: {n} pinned "
        "examples and decided cases under {layouts} layouts with the same meaning, {judgements} judgements, about "
        "{tokens} tokens to read. A restart ends this.",
        len(plan.contents),
        **values,
    )
    return Reply(text=text, buttons=(PolicyButton(click),))


def report(plan: WobblePlan, found: Wobble) -> Reply:
    """The result in a line."""
    return Reply(text=f"{_head(plan)}: {' '.join(outcome(found, most=_LAYOUTS_NAMED))}")


def ended(plan: WobblePlan, why: str) -> Reply:
    """Says that there is no result."""
    return Reply(text=_(why, policy=_head(plan)))


def _head(plan: WobblePlan) -> str:
    return _("**{policy}**, version {number}", policy=name(plan.policy.name), number=plan.version.number)
