"""Replies to admins about their policies: saved, refused, in force, or changed by somebody else meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.cogs.interactions.quoting import fenced, units
from bot.cogs.interactions.reply import CONTENT_LIMIT, Document, Reply, file_name
from bot.cogs.interactions.wording import at, changes_in_words, name, rule
from bot.cogs.policies.buttons import NOT_STRICT, Strictness
from bot.cogs.policies.pin_replies import pins_fail
from bot.languages.translation import _, length, marked, ngettext
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
from guild_policies.diff import Change, diff
from guild_policies.findings import Finding, show
from guild_policies.text.parse import policy_of
from guild_policies.versions import Draft, StoredPolicy

FINDINGS_SHOWN = 5
RULES_SHOWN = 15

_COUNTS_START_AGAIN = marked(
    "-# Words for scores and advice on the threshold are counted from decisions on this text only."
)
_ROOM_FOR_HEAD = 500  # UTF-16 units for the text around findings or changes


async def of_saving(
    outcome: Saved | Blocked | Conflict | Refused,
    desk: Publishing,
    *,
    text: str,
    name: str,
    replaced: Draft | None = None,
) -> Reply:
    """The reply to the author of a text; with the text if it wasn't saved.

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
    """The result of a publication or a rollback."""
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
    """The result of discarding a draft, with a last copy of it."""
    match outcome:
        case Discarded():
            head = _(
                "Draft of **{policy}** discarded, revision {revision}. A copy is attached.",
                policy=name(outcome.policy.name),
                revision=outcome.draft.revision,
            )
            return as_file(head, outcome.draft.text, f"{outcome.policy.name} discarded")
        case Conflict():
            who = await _who_was_first(outcome.current, desk)
            shows = _("/policy show has it.")
            return Reply(text=f"{_('**Nothing was discarded.**')} {who} {shows}")
        case Refused():
            return Reply(text=outcome.why)


def of_pausing(outcome: Changed | Refused) -> Reply:
    """The result of pausing or resuming a policy."""
    if isinstance(outcome, Refused):
        return Reply(text=outcome.why)
    policy = outcome.policy
    if policy.paused:
        told = _(
            "**{policy}** is paused: it judges nothing from the next message on. /policy resume ends that.",
            policy=name(policy.name),
        )
    elif policy.published is None:
        told = _(
            "**{policy}** is no longer paused. No version of it is in force yet: /policy publish does that.",
            policy=name(policy.name),
        )
    else:
        told = _(
            "**{policy}** version {number} is in force again from the next message on.",
            policy=name(policy.name),
            number=policy.published.number,
        )
    return Reply(text=told)


def of_deleting(outcome: Deleted | Refused) -> Reply:
    """The result of deleting a policy."""
    if isinstance(outcome, Refused):
        return Reply(text=outcome.why)
    return Reply(
        text=_(
            "**{policy}** is deleted. Cases keep the version that they were judged by.",
            policy=name(outcome.policy.name),
        )
    )


def unreadable(trouble: Blocked | Refused) -> Reply:
    """Says that an uploaded file isn't text."""
    if isinstance(trouble, Refused):
        return Reply(text=trouble.why)
    return Reply(text="\n".join([_("**Not saved.**"), *findings_block(trouble.findings, "")]))


def blocked(outcome: Blocked, policy_name: str) -> Reply:
    """Says that the text can't be judged, and returns it to its author."""
    head = _("**Not saved.** Bylaw cannot judge messages with this text yet. It is attached.")
    return Reply(
        text="\n".join([head, *findings_block(outcome.findings, outcome.text)]),
        files=(given_back(outcome.text, policy_name),),
    )


def cannot_be_judged(outcome: Blocked) -> Reply:
    """Says that no judge can use the draft, which isn't changed."""
    return Reply(
        text="\n".join(
            [_("**Bylaw cannot judge messages with this draft yet.**"), *findings_block(outcome.findings, outcome.text)]
        )
    )


def _saved(outcome: Saved, replaced: Draft | None) -> Reply:
    head = _(
        "Saved **{policy}** as a draft, revision {revision}. It judges nothing yet: /policy publish puts it in force.",
        policy=name(outcome.policy.name),
        revision=outcome.draft.revision,
    )
    if replaced:
        before = _(
            "-# It replaced revision {revision} by {member}, {moment}.",
            revision=replaced.revision,
            member=f"<@{replaced.author_id}>",
            moment=at(replaced.updated_at),
        )
        head += f"\n{before}"
    return Reply(text="\n".join([head, *_advice(outcome.findings, outcome.draft.text)]))


async def _not_saved(outcome: Conflict, desk: Publishing) -> Reply:
    """Says who saved first, what they changed since this author began, and returns the author's own text."""
    current = outcome.current
    head = f"{_('**Not saved.**')} {await _who_was_first(current, desk)}"
    if outcome.text:
        head += f" {_('Your text is attached; /policy edit opens theirs.')}"
    shown = changes_since(outcome.since, head, current.name)
    given = (given_back(outcome.text, current.name),) if outcome.text else ()
    return Reply(text=shown.text, files=(*given, *shown.files))


def changes_since(since: tuple[Change, ...] | None, head: str, policy_name: str) -> Reply:
    """What somebody else changed meanwhile, if known."""
    if since is None:
        return Reply(text=head)
    if not since:
        same = _("Their text says the same as the one that you started from.")
        return Reply(text=f"{head}\n{same}")
    changed = _("Changed since you opened it:")
    return _with_changes(changes_in_words(since), f"{head}\n{changed}", policy_name)


async def _not_published(outcome: Conflict, desk: Publishing) -> Reply:
    current = outcome.current
    parts = [_("**Nothing was published.**"), await _who_was_first(current, desk)]
    if current.draft:
        parts.append(_("The draft, revision {revision}, is kept.", revision=current.draft.revision))
    parts.append(_("/policy publish shows it as it is."))
    return Reply(text=" ".join(parts))


def _published(outcome: Published, strict: Strictness) -> Reply:
    values = {"policy": name(outcome.policy.name), "number": outcome.version.number}
    if outcome.policy.paused:
        return Reply(
            text=_(
                "**{policy}** version {number} is published. The policy is paused: /policy resume puts it in force.",
                **values,
            )
        )
    text = _(
        "**{policy}** version {number} is in force from the next message on. /policy history keeps the others.",
        **values,
    )
    if strict.days:
        text += f"\n{starts_strict(strict)}"
    return Reply(text=f"{text}\n{_(_COUNTS_START_AGAIN)}" if _is_another_text(outcome) else text)


def starts_strict(strict: Strictness) -> str:
    """Describes a strict start."""
    days = length(timedelta(days=strict.days))
    lasts = (
        ngettext(
            "It starts strict for {length}, or until {n} case is decided.",
            "It starts strict for {length}, or until {n} cases are decided.",
            strict.decisions,
            length=days,
        )
        if strict.decisions
        else _("It starts strict for {length}.", length=days)
    )
    means = _(
        "Every violation opens a case, whatever the threshold; the judge thinks harder, and nothing is done "
        "automatically. Then your moderators' channel gets the numbers."
    )
    return f"{lasts} {means}"


def _is_another_text(outcome: Published) -> bool:
    """Was a newer version with a different meaning published?"""
    before, now = outcome.policy.published, outcome.version
    return before is not None and now.number > before.number and now.fingerprint != before.fingerprint


def given_back(text: str, policy_name: str) -> Document:
    """Returns a text that wasn't saved to its author."""
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
        more = len(ordered) - len(shown)
        lines.append(ngettext("-# and {n} more finding", "-# and {n} more findings", more))
    return lines


def _advice(findings: Sequence[Finding], text: str) -> list[str]:
    return [_("Worth a look:"), *findings_block(findings, text)] if findings else []


async def changes(policy: StoredPolicy, new_text: str, head: str) -> Reply:
    """What would change, as a block, or as a file if it is long."""
    if policy.published is not None:
        return await changes_between(policy.published.text, new_text, head, policy.name)
    new = await read_policy(new_text)
    rules = [f"- {rule(each.id, each.title)}" for each in new.rules[:RULES_SHOWN]]
    more = len(new.rules) - len(rules)
    left_out = [ngettext("-# and {n} more rule", "-# and {n} more rules", more)] if more else []
    return Reply(text="\n".join([head, _("Its rules:"), *rules, *left_out]))


async def changes_between(old: str, new: str, head: str, policy_name: str) -> Reply:
    """What changed from one text to another."""
    shown = await beside_the_loop(lambda: changes_in_words(diff(policy_of(old), policy_of(new))), old, new)
    return _with_changes(shown, head, policy_name)


def _with_changes(shown: str, head: str, policy_name: str) -> Reply:
    block = _block(shown, "diff", room=CONTENT_LIMIT - 100 - units(head))
    if block is not None:
        return Reply(text=f"{head}\n{block}")
    return Reply(
        text=f"{head}\n{_('There are many changes, so they come as a file.')}",
        files=(Document(name=file_name(f"{policy_name} changes", "txt"), text=shown),),
    )


def whole_text(head: str, text: str, file: str, foot: str = "") -> Reply:
    """A policy's text: as a block, or as a file if it is long or contains a code block."""
    around = "\n".join(filter(None, [head, foot]))
    block = None if "```" in text else _block(text, room=CONTENT_LIMIT - units(around) - 1)
    if block is None:
        return Reply(text=around, files=(Document(name=file_name(file), text=text),))
    return Reply(text="\n".join(filter(None, [head, block, foot])))


def _block(text: str, language: str = "", *, room: int) -> str | None:
    """The text as a block after one of our lines; None if it doesn't fit into this many units."""
    block = fenced(text, language) if len(text) < room else ""
    return block if block and units(block) + 1 <= room else None


def as_file(head: str, text: str, policy_name: str) -> Reply:
    """A policy's text as a file that can be imported again."""
    return Reply(text=head, files=(Document(name=file_name(policy_name), text=text),))


async def _who_was_first(current: StoredPolicy, desk: Publishing) -> str:
    """Who changed the policy last, and what they did."""
    draft = current.draft
    publications = await desk.history(current)
    last = publications[0] if publications else None
    if draft and (last is None or draft.updated_at > last.at):
        return _(
            "{member} saved draft revision {revision} {moment}.",
            member=f"<@{draft.author_id}>",
            revision=draft.revision,
            moment=at(draft.updated_at, "R"),
        )
    if last:
        return _(
            "{member} put version {number} in force {moment}.",
            member=f"<@{last.actor_id}>",
            number=last.version.number,
            moment=at(last.at, "R"),
        )
    return _("Somebody else changed the policy.")
