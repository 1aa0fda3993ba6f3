"""What admins look at before they decide: a policy's text, and what a publication or a rollback would change."""

from __future__ import annotations

from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, how_many
from bot.cogs.interactions.wording import name as shown
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.buttons import (
    PolicyButton,
    PolicyClick,
    PolicyVerb,
    PublishButton,
    PublishClick,
    RollbackButton,
    RollbackClick,
)
from bot.moderation.policies.publishing import Blocked, PolicyDesk
from guild_policies.lint import lint
from guild_policies.versions import PolicyVersion, StoredPolicy

PUBLISHED, DRAFT = "published", "draft"


def no_such(name: str) -> Reply:
    """There is no such policy."""
    return Reply(text=f"There is no policy named “{shown(name)}” in this server. /policy list shows them all.")


def no_draft(policy: StoredPolicy | None, name: str) -> Reply:
    """There is nothing to publish, to test or to discard."""
    if policy is None:
        return no_such(name)
    return Reply(text=f"**{shown(policy.name)}** has no draft. /policy edit makes one.")


async def text_page(desk: PolicyDesk, guild_id: int, name: str, which: str | None, *, as_file: bool = False) -> Reply:
    """The text of a policy: the version in force, the draft or an older version.

    Args:
        as_file: as a file that /policy import takes back, however short it is.
    """
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    wanted = (which or (PUBLISHED if policy.published else DRAFT)).strip().lower()
    if wanted == DRAFT:
        return _draft_page(policy, as_file=as_file)
    version = policy.published if wanted == PUBLISHED else await _version(desk, policy, wanted)
    if version is None:
        return no_such_version(policy)
    state = "in force" if policy.published and version.number == policy.published.number else "not in force"
    head = (
        f"**{shown(policy.name)}** version {version.number}, {state}, "
        f"written by <@{version.author_id}> {at(version.created_at)}"
    )
    if as_file:
        return policy_replies.as_file(head, version.text, policy.name)
    return policy_replies.whole_text(head, version.text, f"{policy.name} v{version.number}")


def no_such_version(policy: StoredPolicy) -> Reply:
    """There is no version of that name or number."""
    return Reply(text=f"**{shown(policy.name)}** has no such version. /policy history lists them.")


async def diff_page(desk: PolicyDesk, guild_id: int, name: str, old: str, new: str) -> Reply:
    """What changed from one text of a policy to another."""
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    texts = [await _text_of(desk, policy, which) for which in (old, new)]
    if texts[0] is None or texts[1] is None:
        return no_such_version(policy)
    head = f"**{shown(policy.name)}** from {shown(old)} to {shown(new)}"
    return policy_replies.changes_between(texts[0], texts[1], head, policy.name)


def delete_page(policy: StoredPolicy) -> Reply:
    """What deleting means, and the button that does it."""
    lines = [f"Delete **{shown(policy.name)}**? This cannot be undone."]
    if policy.in_force:
        lines.append("Messages are not judged by it any more from the next one on. /policy pause does that, too.")
    lines.append("Cases keep the version that they were judged by. The text is attached.")
    source = policy.draft or policy.published
    page = policy_replies.as_file("\n".join(lines), source.text if source else "", policy.name)
    click = PolicyClick(verb=PolicyVerb.DELETE, policy_id=policy.id)
    return Reply(text=page.text, files=page.files, buttons=(PolicyButton(click),))


async def publish_page(desk: PolicyDesk, guild_id: int, name: str, *, pinned: int = 0) -> Reply:
    """What publishing the draft would change, and the button that does it.

    Args:
        pinned: how many examples are pinned, which are judged first.
    """
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    draft = policy.draft
    if draft is None:
        return no_draft(policy, name)
    findings = lint(draft.text)
    if any(finding.blocking for finding in findings):
        return policy_replies.blocked(Blocked(findings=findings, text=draft.text), policy.name)
    number = f"instead of version {policy.published.number}" if policy.published else "for the first time"
    head = (
        f"Put the draft of **{shown(policy.name)}**, revision {draft.revision}, in force {number}? "
        "It counts from the next message on."
    )
    if policy.paused:
        head += "\n-# The policy is paused: nothing is judged by it before /policy resume."
    if pinned:
        head += f"\n-# {how_many(pinned, 'pinned example is', 'pinned examples are')} judged first."
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


def _draft_page(policy: StoredPolicy, *, as_file: bool) -> Reply:
    draft = policy.draft
    if draft is None:
        return Reply(text=f"**{shown(policy.name)}** has no draft.")
    saved = f"saved by <@{draft.author_id}> {at(draft.updated_at)}"
    head = f"**{shown(policy.name)}** draft, revision {draft.revision}, {saved}"
    if as_file:
        return policy_replies.as_file(head, draft.text, policy.name)
    return policy_replies.whole_text(head, draft.text, f"{policy.name} draft")


async def _text_of(desk: PolicyDesk, policy: StoredPolicy, which: str) -> str | None:
    """The text that ``published``, ``draft`` or a number stands for."""
    wanted = which.strip().lower()
    if wanted == DRAFT:
        return policy.draft.text if policy.draft else None
    version = policy.published if wanted == PUBLISHED else await _version(desk, policy, wanted)
    return version.text if version else None


async def _version(desk: PolicyDesk, policy: StoredPolicy, number: str) -> PolicyVersion | None:
    """A version by its number: every version was in force once, so the history knows it."""
    history = await desk.history(policy)
    return next((each.version for each in history if str(each.version.number) == number.removeprefix("v")), None)
