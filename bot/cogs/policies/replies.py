"""What admins are told about their policies: saved, refused, in force, or changed by somebody else meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cogs.interactions.quoting import fenced, on_one_line, units
from bot.cogs.interactions.reply import CONTENT_LIMIT, Document, Reply, file_name
from bot.cogs.interactions.wording import at, how_many, name, rule
from bot.cogs.policies.buttons import NOT_STRICT, Strictness
from bot.cogs.policies.pin_replies import pins_fail
from bot.moderation.policies.outcomes import (
    Blocked,
    Changed,
    Conflict,
    Deleted,
    Discarded,
    PinsFail,
    Published,
    Refused,
    Saved,
)
from bot.moderation.policies.publishing import Publishing
from bot.moderation.policies.reading import beside_the_loop, read_policy
from bot.moderation.trials.costs import PolicyCost
from guild_policies.diff import Change, diff, show_diff
from guild_policies.findings import Finding, show
from guild_policies.text.parse import policy_of
from guild_policies.versions import Draft, Publication, StoredPolicy

FINDINGS_SHOWN = 5
RULES_SHOWN = 15
REASON_SHOWN = 200

_COUNTS_START_AGAIN = "-# Words for scores and advice on the threshold are counted from decisions on this text only."
_ROOM_FOR_HEAD = 500  # UTF-16 units for what stands around findings or changes


async def of_saving(
    outcome: Saved | Blocked | Conflict | Refused,
    desk: Publishing,
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
            return Reply(text=outcome.why, files=(given_back(text, name),) if text else ())


async def of_publishing(
    outcome: Published | PinsFail | Blocked | Conflict | Refused,
    desk: Publishing,
    *,
    name: str,
    strict: Strictness = NOT_STRICT,
) -> Reply:
    """What came of a publication or a rollback."""
    match outcome:
        case PinsFail():
            return pins_fail(outcome, strict)
        case Published():
            return _published(outcome, strict)
        case Blocked():
            return blocked(outcome, name)
        case Conflict():
            return await _not_published(outcome, desk)
        case Refused():
            return Reply(text=outcome.why)


async def of_discarding(outcome: Discarded | Conflict | Refused, desk: Publishing) -> Reply:
    """What came of throwing a draft away; it comes along one last time."""
    match outcome:
        case Discarded():
            head = (
                f"The draft of **{name(outcome.policy.name)}**, revision {outcome.draft.revision}, is gone. Here it is."
            )
            return as_file(head, outcome.draft.text, f"{outcome.policy.name} discarded")
        case Conflict():
            who = await _who_was_first(outcome.current, desk)
            return Reply(text=f"**Nothing was discarded.** {who} /policy show has it.")
        case Refused():
            return Reply(text=outcome.why)


def of_pausing(outcome: Changed | Refused) -> Reply:
    """What came of pausing a policy, or of resuming it."""
    if isinstance(outcome, Refused):
        return Reply(text=outcome.why)
    policy = outcome.policy
    shown = f"**{name(policy.name)}**"
    if policy.paused:
        return Reply(
            text=f"{shown} is paused: nothing is judged by it from the next message on. /policy resume ends that."
        )
    if policy.published is None:
        return Reply(
            text=f"{shown} is not paused any more. No version of it is in force yet: /policy publish does that."
        )
    return Reply(text=f"{shown} version {policy.published.number} is in force again from the next message on.")


def of_deleting(outcome: Deleted | Refused) -> Reply:
    """What came of deleting a policy."""
    if isinstance(outcome, Refused):
        return Reply(text=outcome.why)
    return Reply(text=f"**{name(outcome.policy.name)}** is deleted. Cases keep the version that they were judged by.")


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


def cannot_be_judged(outcome: Blocked) -> Reply:
    """A draft that no judge can work with; it stays as it is."""
    return Reply(text="\n".join(["**The draft cannot be judged.**", *findings_block(outcome.findings, outcome.text)]))


def _saved(outcome: Saved, replaced: Draft | None) -> Reply:
    head = (
        f"Saved **{name(outcome.policy.name)}** as a draft, revision {outcome.draft.revision}. It judges nothing yet: "
        "/policy publish puts it in force."
    )
    if replaced:
        head += f"\n-# It replaced revision {replaced.revision} by <@{replaced.author_id}>, {at(replaced.updated_at)}."
    return Reply(text="\n".join([head, *_advice(outcome.findings, outcome.draft.text)]))


async def _not_saved(outcome: Conflict, desk: Publishing) -> Reply:
    """Who was first, what they changed since this author began, and the author's own text."""
    current = outcome.current
    head = f"**Not saved.** {await _who_was_first(current, desk)}"
    if outcome.text:
        head += " Your text is attached; /policy edit opens theirs."
    shown = changes_since(outcome.since, head, current.name)
    given = (given_back(outcome.text, current.name),) if outcome.text else ()
    return Reply(text=shown.text, files=(*given, *shown.files))


def changes_since(since: tuple[Change, ...] | None, head: str, policy_name: str) -> Reply:
    """What somebody else changed meanwhile, as far as it is known."""
    if since is None:
        return Reply(text=head)
    if not since:
        return Reply(text=f"{head}\nTheir text says the same as the one that you started from.")
    return _with_changes(show_diff(since), f"{head}\nChanged since you opened it:", policy_name)


async def _not_published(outcome: Conflict, desk: Publishing) -> Reply:
    current = outcome.current
    kept = f"The draft, revision {current.draft.revision}, is kept. " if current.draft else ""
    who = await _who_was_first(current, desk)
    return Reply(text=f"**Nothing was published.** {who} {kept}/policy publish shows it as it is.")


def _published(outcome: Published, strict: Strictness) -> Reply:
    what = f"**{name(outcome.policy.name)}** version {outcome.version.number}"
    if outcome.policy.paused:
        return Reply(text=f"{what} is published. The policy is paused: /policy resume puts it in force.")
    text = f"{what} is in force from the next message on. /policy history keeps the others."
    if strict.days:
        text += f"\n{starts_strict(strict)}"
    return Reply(text=f"{text}\n{_COUNTS_START_AGAIN}" if _is_another_text(outcome) else text)


def starts_strict(strict: Strictness) -> str:
    """How a version starts that starts strict."""
    sooner = f", or until {how_many(strict.decisions, 'case', 'cases')} are decided" if strict.decisions else ""
    return (
        f"It starts strict for {how_many(strict.days, 'day', 'days')}{sooner}: every violation opens a case, whatever "
        "the threshold, the judge thinks harder, and nothing is done automatically. Then your moderators' channel gets "
        "the numbers."
    )


def _is_another_text(outcome: Published) -> bool:
    """Was a newer version published that means something else than the one before?"""
    before, now = outcome.policy.published, outcome.version
    return before is not None and now.number > before.number and now.fingerprint != before.fingerprint


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


async def changes(policy: StoredPolicy, new_text: str, head: str) -> Reply:
    """What would change, as a block or, where that is long, as a file."""
    if policy.published is not None:
        return await changes_between(policy.published.text, new_text, head, policy.name)
    new = await read_policy(new_text)
    rules = [f"- {rule(each.id, each.title)}" for each in new.rules[:RULES_SHOWN]]
    more = len(new.rules) - len(rules)
    return Reply(text="\n".join([head, "Its rules:", *rules, *([f"-# and {more} more"] if more else [])]))


async def changes_between(old: str, new: str, head: str, policy_name: str) -> Reply:
    """What changed from one text to another."""
    shown = await beside_the_loop(lambda: show_diff(diff(policy_of(old), policy_of(new))), old, new)
    return _with_changes(shown, head, policy_name)


def _with_changes(shown: str, head: str, policy_name: str) -> Reply:
    block = _block(shown, "diff", room=CONTENT_LIMIT - 100 - units(head))
    if block is not None:
        return Reply(text=f"{head}\n{block}")
    return Reply(
        text=f"{head}\nThe changes are many, so they come as a file.",
        files=(Document(name=file_name(f"{policy_name} changes", "txt"), text=shown),),
    )


def whole_text(head: str, text: str, file: str, foot: str = "") -> Reply:
    """A policy's text: as a block, or as a file where it is long or has a code block of its own."""
    around = "\n".join(filter(None, [head, foot]))
    block = None if "```" in text else _block(text, room=CONTENT_LIMIT - units(around) - 1)
    if block is None:
        return Reply(text=around, files=(Document(name=file_name(file), text=text),))
    return Reply(text="\n".join(filter(None, [head, block, foot])))


def _block(text: str, language: str = "", *, room: int) -> str | None:
    """The text as a block behind a line of ours; None where it does not fit into this many units."""
    block = fenced(text, language) if len(text) < room else ""
    return block if block and units(block) + 1 <= room else None


def as_file(head: str, text: str, policy_name: str) -> Reply:
    """A policy's text as a file that can be taken in again."""
    return Reply(text=head, files=(Document(name=file_name(policy_name), text=text),))


def overview(policies: Sequence[StoredPolicy], costs: Sequence[PolicyCost] = ()) -> Reply:
    """All policies of a server with what each costs."""
    if not policies:
        return Reply(text="There are no policies yet. /policy new writes one, /setup brings starter policies.")
    by_id = {cost.policy.id: cost for cost in costs}
    lines = [f"{_line(policy)}{_cost(by_id.get(policy.id))}" for policy in policies]
    return Reply(text="\n".join(["**Policies**", *lines]))


def history_of(policy: StoredPolicy, publications: Sequence[Publication]) -> Reply:
    """Every time a version came into force."""
    if not publications:
        return Reply(text=f"No version of **{name(policy.name)}** was ever in force. /policy publish does that.")
    lines = [
        f"- {at(each.at)} v{each.version.number} {each.kind.replace('_', ' ')} by <@{each.actor_id}>{_why(each)}"
        for each in publications
    ]
    return Reply(text="\n".join([f"**{name(policy.name)}**, newest first", *lines]))


def _why(publication: Publication) -> str:
    """The reason for publishing although pinned examples did not hold."""
    if not publication.overruled:
        return ""
    return f"\n  -# although pinned examples did not hold: {on_one_line(publication.overruled, REASON_SHOWN)}"


def _line(policy: StoredPolicy) -> str:
    in_force = "not in force"
    if policy.published:
        count = len(policy_of(policy.published.text).rules)
        state = "is paused" if policy.paused else "in force"
        state += ", strict for now" if policy.strict and not policy.paused else ""
        until = f" until {at(policy.ends_at, 'f')}" if policy.ends_at and not policy.paused else ""
        in_force = f"v{policy.published.number} {state}{until}, {how_many(count, 'rule', 'rules')}"
    draft = f"; draft revision {policy.draft.revision} not published" if policy.draft else ""
    return f"- **{name(policy.name)}**: {in_force}{draft}"


def _cost(cost: PolicyCost | None) -> str:
    """How long the text is, and how much of the judge's time it took; nothing where nothing is known."""
    if cost is None:
        return ""
    share = "" if cost.share is None else f", {cost.share:.0%} of the judge's time in 7 days"
    return f"\n  -# about {cost.tokens:,} tokens{share}"


async def _who_was_first(current: StoredPolicy, desk: Publishing) -> str:
    """Who changed the policy last, and what they did."""
    draft = current.draft
    publications = await desk.history(current)
    last = publications[0] if publications else None
    if draft and (last is None or draft.updated_at > last.at):
        return f"<@{draft.author_id}> saved draft revision {draft.revision} {at(draft.updated_at, 'R')}."
    if last:
        return f"<@{last.actor_id}> put version {last.version.number} in force {at(last.at, 'R')}."
    return "Somebody else changed the policy."
