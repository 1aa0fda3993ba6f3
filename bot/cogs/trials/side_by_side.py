"""Renders a text's verdicts under a policy's draft and its version in force, one below the other, to fit a phone."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import name, not_read, rule, score_text
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.judging.decide import why_undecided
from bot.moderation.trials.side_by_side import Side, SideBySide
from classifier import Outcome, Undecided
from guild_policies.text.parse import policy_of

POLICIES_SHOWN = 5
RATIONALE_LIMIT = 500
TEXT_LIMIT = 3_700

_FOOT = marked("-# Nothing was kept and no case was opened.")
_DRAFT = (marked("**Draft**: none that can be judged."), marked("**Draft**, revision {number}"))
_IN_FORCE = (marked("**In force**: none that can be judged."), marked("**In force**, version {number}"))
_PUBLISHED = (marked("**Published**: none that can be judged."), marked("**Published**, version {number}"))
_ROOM_FOR_HEADS = 300  # UTF-16 units of a side besides its rationale


def render_test(results: Sequence[SideBySide], files: Sequence[AttachedFile] = ()) -> discord.ui.LayoutView:
    """The answers, a block for each policy.

    Args:
        files: of the message that was judged, with what was not read of them.
    """
    shown = results[:POLICIES_SHOWN]
    room = min(RATIONALE_LIMIT, TEXT_LIMIT // (2 * len(shown)) - _ROOM_FOR_HEADS)
    parts: list[discord.ui.Item[discord.ui.LayoutView]] = []
    for result in shown:
        parts += [discord.ui.TextDisplay(text) for text in _block(result, max(room, 40))]
        parts.append(discord.ui.Separator())
    left = len(results) - len(shown)
    more = ngettext(
        "-# {n} more policy has a draft: /policy test tries it.",
        "-# {n} more policies have a draft: /policy test tries one.",
        left,
    )
    foot = "\n".join([*not_read(files), _(_FOOT), *([more] if left else [])])
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*parts, discord.ui.TextDisplay(foot)))
    return view


def _block(result: SideBySide, room: int) -> list[str]:
    policy = result.policy
    draft = policy.draft.text if policy.draft else ""
    published = policy.published.text if policy.published else ""
    said = _("They differ.") if result.differ else _("They agree.") if result.draft and result.published else ""
    return [
        f"### {name(policy.name)}\n{said}".rstrip(),
        _side(_DRAFT, result.draft, draft, room),
        _side(_IN_FORCE if policy.in_force else _PUBLISHED, result.published, published, room),
    ]


def _side(words: tuple[str, str], side: Side | None, text: str, room: int) -> str:
    """Render one side. Its words: shown if there is no such text, and above its answer."""
    if side is None:
        return _(words[0])
    head = _(words[1], number=side.number)
    judgement = side.judgement
    if isinstance(judgement, Undecided):
        return f"{head}: {_('⚪ Could not judge')}\n{_(why_undecided(judgement.reason))}"
    said = _("🟢 clear.")
    if judgement.outcome is Outcome.VIOLATION:
        first, *others = judgement.rule_ids
        known = policy_of(text).rule(first)
        shown = rule(first, known.title if known else "")
        said = _("🔴 violation of {rule}.", rule=shown)
        if others:
            said = ngettext(
                "🔴 violation of {rule} and {n} more.", "🔴 violation of {rule} and {n} more.", len(others), rule=shown
            )
    found = f"{said} {score_text(judgement.score)}"
    if judgement.outcome is Outcome.VIOLATION:
        found += "."
        if not side.flagged:
            found += f" {_('It is below the threshold of the policy: no card.')}"
    return f"{head}: {found}\n{on_one_line(judgement.rationale, room)}".rstrip()
