"""What admins are told about their policies: saved, refused, in force, or changed by somebody else meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cogs.quoting import fenced, units
from bot.cogs.replies import CONTENT_LIMIT, Document, Reply, file_name
from bot.cogs.wording import at, how_many, name, rule
from bot.moderation.policy_desk import Blocked, Conflict, PolicyDesk, Published, Refused, Saved
from guild_policies.diff import diff, show_diff
from guild_policies.findings import Finding, show
from guild_policies.parse import parse
from guild_policies.versions import Draft, Publication, StoredPolicy

FINDINGS_SHOWN = 5
RULES_SHOWN = 15

_ROOM_FOR_HEAD = 500  # UTF-16 units for what stands around findings or changes


async def of_saving(
    outcome: Saved | Blocked | Conflict | Refused,
    desk: PolicyDesk,
    *,
    text: str,
    name: str,
    replaced: Draft | None = None,
) -> Reply:
    """What the author of a text is told; where it was not saved, the text comes along.

    Args:
        replaced: the draft that was there before, if the author has not seen it.
    """
    match outcome:
        case Saved():
            return _saved(outcome, replaced)
        case Blocked():
            return blocked(outcome, name)
        case Conflict():
            return await _not_saved(outcome, desk)
        case Refused():
            return Reply(text=outcome.why, files=(given_back(text, name),))


async def of_publishing(outcome: Published | Blocked | Conflict | Refused, desk: PolicyDesk, *, name: str) -> Reply:
    """What came of a publication or a rollback."""
    match outcome:
        case Published():
            return _published(outcome)
        case Blocked():
            return blocked(outcome, name)
        case Conflict():
            return await _not_published(outcome, desk)
        case Refused():
            return Reply(text=outcome.why)


def unreadable(trouble: Blocked | Refused) -> Reply:
    """An uploaded file that is no text; its author has it."""
    if isinstance(trouble, Refused):
        return Reply(text=trouble.why)
    return Reply(text="\n".join(["**Not saved.**", *findings_block(trouble.findings, "")]))


def blocked(outcome: Blocked, policy_name: str) -> Reply:
    """The text cannot be judged, and goes back to its author."""
    head = "**Not saved.** This cannot be judged as it stands; your text is attached."
    return Reply(
        text="\n".join([head, *findings_block(outcome.findings, outcome.text)]),
        files=(given_back(outcome.text, policy_name),),
    )


def _saved(outcome: Saved, replaced: Draft | None) -> Reply:
    head = (
        f"Saved **{name(outcome.policy.name)}** as a draft, revision {outcome.draft.revision}. It judges nothing yet: "
        "/policy publish puts it in force."
    )
    if replaced:
        head += f"\n-# It replaced revision {replaced.revision} by <@{replaced.author_id}>, {at(replaced.updated_at)}."
    return Reply(text="\n".join([head, *_advice(outcome.findings, outcome.draft.text)]))


async def _not_saved(outcome: Conflict, desk: PolicyDesk) -> Reply:
    current = outcome.current
    return Reply(
        text=f"**Not saved.** {await _who_was_first(current, desk)} Your text is attached; /policy edit opens theirs.",
        files=(given_back(outcome.text, current.name),),
    )


async def _not_published(outcome: Conflict, desk: PolicyDesk) -> Reply:
    current = outcome.current
    kept = f"The draft, revision {current.draft.revision}, is kept. " if current.draft else ""
    who = await _who_was_first(current, desk)
    return Reply(text=f"**Nothing was published.** {who} {kept}/policy publish shows it as it is.")


def _published(outcome: Published) -> Reply:
    return Reply(
        text=f"**{name(outcome.policy.name)}** version {outcome.version.number} is in force from the next message on. "
        "/policy history keeps the others."
    )


def given_back(text: str, policy_name: str) -> Document:
    """A text that was not saved, for its author to keep."""
    return Document(name=file_name(f"{policy_name} not saved"), text=text)


def findings_block(findings: Sequence[Finding], text: str) -> list[str]:
    """The findings as a code block, those that block first, as many as fit."""
    ordered = sorted(findings, key=lambda finding: not finding.blocking)
    shown: list[str] = []
    room = CONTENT_LIMIT - _ROOM_FOR_HEAD
    for finding in ordered[:FINDINGS_SHOWN]:
        rendered = show(finding, text)
        room -= units(rendered) + 2
        if room < 0:
            break
        shown.append(rendered)
    lines = [fenced("\n\n".join(shown))] if shown else []
    if len(ordered) > len(shown):
        lines.append(f"-# and {how_many(len(ordered) - len(shown), 'more finding', 'more findings')}")
    return lines


def _advice(findings: Sequence[Finding], text: str) -> list[str]:
    return ["Worth a look:", *findings_block(findings, text)] if findings else []


def changes(policy: StoredPolicy, new_text: str, head: str) -> Reply:
    """What would change, as a block or, where that is long, as a file."""
    new = parse(new_text).policy
    if policy.published is None:
        rules = [f"- {rule(each.id, each.title)}" for each in new.rules[:RULES_SHOWN]]
        more = len(new.rules) - len(rules)
        return Reply(text="\n".join([head, "Its rules:", *rules, *([f"-# and {more} more"] if more else [])]))
    shown = show_diff(diff(parse(policy.published.text).policy, new))
    block = fenced(shown, "diff")
    if units(head) + units(block) + 1 <= CONTENT_LIMIT - 100:
        return Reply(text=f"{head}\n{block}")
    return Reply(
        text=f"{head}\nThe changes are many, so they come as a file.",
        files=(Document(name=file_name(f"{policy.name} changes", "txt"), text=shown),),
    )


def whole_text(head: str, text: str, file: str) -> Reply:
    """A policy's text: as a block, or as a file where it is long or has a code block of its own."""
    block = fenced(text)
    if "```" in text or units(head) + units(block) + 1 > CONTENT_LIMIT:
        return Reply(text=head, files=(Document(name=file_name(file), text=text),))
    return Reply(text=f"{head}\n{block}")


def overview(policies: Sequence[StoredPolicy]) -> Reply:
    """All policies of a server, a line each."""
    if not policies:
        return Reply(text="There are no policies yet. /policy new writes one, /setup brings starter policies.")
    return Reply(text="\n".join(["**Policies**", *(_line(policy) for policy in policies)]))


def history_of(policy: StoredPolicy, publications: Sequence[Publication]) -> Reply:
    """Every time a version came into force."""
    if not publications:
        return Reply(text=f"No version of **{name(policy.name)}** was ever in force. /policy publish does that.")
    lines = [
        f"- {at(each.at)} v{each.version.number} {each.kind.replace('_', ' ')} by <@{each.actor_id}>"
        for each in publications
    ]
    return Reply(text="\n".join([f"**{name(policy.name)}**, newest first", *lines]))


def _line(policy: StoredPolicy) -> str:
    in_force = "not in force"
    if policy.published:
        count = len(parse(policy.published.text).policy.rules)
        in_force = f"v{policy.published.number} in force, {how_many(count, 'rule', 'rules')}"
    draft = f"; draft revision {policy.draft.revision} not published" if policy.draft else ""
    return f"- **{name(policy.name)}**: {in_force}{draft}"


async def _who_was_first(current: StoredPolicy, desk: PolicyDesk) -> str:
    """Who changed the policy last, and what they did."""
    draft = current.draft
    publications = await desk.history(current)
    last = publications[0] if publications else None
    if draft and (last is None or draft.updated_at > last.at):
        return f"<@{draft.author_id}> saved draft revision {draft.revision} {at(draft.updated_at, 'R')}."
    if last:
        return f"<@{last.actor_id}> put version {last.version.number} in force {at(last.at, 'R')}."
    return "Somebody else changed the policy."
