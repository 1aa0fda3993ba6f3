"""What admins look at before they decide: a policy's text, and what a publication or a rollback would change."""

from __future__ import annotations

from bot.cogs import policy_replies
from bot.cogs.buttons import PublishButton, PublishClick, RollbackButton, RollbackClick
from bot.cogs.replies import Reply
from bot.cogs.wording import at
from bot.cogs.wording import name as shown
from bot.moderation.policy_desk import Blocked, PolicyDesk
from guild_policies.lint import lint
from guild_policies.versions import PolicyVersion, StoredPolicy

PUBLISHED, DRAFT = "published", "draft"


def no_such(name: str) -> Reply:
    """There is no such policy."""
    return Reply(text=f"There is no policy named “{shown(name)}” in this server. /policy list shows them all.")


async def text_page(desk: PolicyDesk, guild_id: int, name: str, which: str | None) -> Reply:
    """The text of a policy: the version in force, the draft or an older version."""
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    wanted = (which or (PUBLISHED if policy.published else DRAFT)).strip().lower()
    if wanted == DRAFT:
        return _draft_page(policy)
    version = policy.published if wanted == PUBLISHED else await _version(desk, policy, wanted)
    if version is None:
        return Reply(text=f"**{shown(policy.name)}** has no such version. /policy history lists them.")
    state = "in force" if policy.published and version.number == policy.published.number else "not in force"
    head = (
        f"**{shown(policy.name)}** version {version.number}, {state}, "
        f"written by <@{version.author_id}> {at(version.created_at)}"
    )
    return policy_replies.whole_text(head, version.text, f"{policy.name} v{version.number}")


async def publish_page(desk: PolicyDesk, guild_id: int, name: str) -> Reply:
    """What publishing the draft would change, and the button that does it."""
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    draft = policy.draft
    if draft is None:
        return Reply(text=f"**{shown(policy.name)}** has no draft to publish. /policy edit makes one.")
    findings = lint(draft.text)
    if any(finding.blocking for finding in findings):
        return policy_replies.blocked(Blocked(findings=findings, text=draft.text), policy.name)
    number = f"instead of version {policy.published.number}" if policy.published else "for the first time"
    head = (
        f"Put the draft of **{shown(policy.name)}**, revision {draft.revision}, in force {number}? "
        "It counts from the next message on."
    )
    if findings:
        head += f"\n-# The linter has advice about it ({len(findings)}): it was shown when the draft was saved."
    page = policy_replies.changes(policy, draft.text, head)
    button = PublishButton(PublishClick(policy_id=policy.id, revision=draft.revision))
    return Reply(text=page.text, files=page.files, buttons=(button,))


async def rollback_page(desk: PolicyDesk, guild_id: int, name: str, number: int) -> Reply:
    """What going back to a version would change, and the button that does it."""
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    if policy.published is None:
        return Reply(text=f"No version of **{shown(policy.name)}** is in force, so there is nothing to roll back.")
    version = await _version(desk, policy, str(number))
    if version is None:
        return Reply(text=f"**{shown(policy.name)}** has no version {number}. /policy history lists them.")
    if version.number == policy.published.number:
        return Reply(text=f"Version {number} of **{shown(policy.name)}** is in force already.")
    head = f"Put version {number} of **{shown(policy.name)}** in force instead of version {policy.published.number}?"
    if policy.draft:
        head += f"\n-# The draft, revision {policy.draft.revision}, stays as it is."
    page = policy_replies.changes(policy, version.text, head)
    click = RollbackClick(policy_id=policy.id, to_number=number, seen_number=policy.published.number)
    return Reply(text=page.text, files=page.files, buttons=(RollbackButton(click),))


async def history_page(desk: PolicyDesk, guild_id: int, name: str) -> Reply:
    """Every time a version came into force."""
    policy = await desk.find(guild_id, name)
    return policy_replies.history_of(policy, await desk.history(policy)) if policy else no_such(name)


async def version_names(desk: PolicyDesk, guild_id: int, name: str) -> tuple[str, ...]:
    """What can be shown of a policy: published, draft, and the numbers of its versions, newest first."""
    policy = await desk.find(guild_id, name)
    if policy is None:
        return ()
    numbers = sorted({each.version.number for each in await desk.history(policy)}, reverse=True)
    special = (PUBLISHED,) * (policy.published is not None) + (DRAFT,) * (policy.draft is not None)
    return (*special, *map(str, numbers))


def _draft_page(policy: StoredPolicy) -> Reply:
    draft = policy.draft
    if draft is None:
        return Reply(text=f"**{shown(policy.name)}** has no draft.")
    saved = f"saved by <@{draft.author_id}> {at(draft.updated_at)}"
    head = f"**{shown(policy.name)}** draft, revision {draft.revision}, {saved}"
    return policy_replies.whole_text(head, draft.text, f"{policy.name} draft")


async def _version(desk: PolicyDesk, policy: StoredPolicy, number: str) -> PolicyVersion | None:
    """A version by its number: every version was in force once, so the history knows it."""
    history = await desk.history(policy)
    return next((each.version for each in history if str(each.version.number) == number.removeprefix("v")), None)
