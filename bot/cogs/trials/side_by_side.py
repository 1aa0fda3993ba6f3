"""A text under a policy's draft and under its version in force, one below the other, as fits a phone."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import name, not_read, rule, score_text
from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.judging.decide import why_undecided
from bot.moderation.trials.side_by_side import Side, SideBySide
from classifier import Outcome, Undecided
from guild_policies.text.parse import policy_of

POLICIES_SHOWN = 5
RATIONALE_LIMIT = 500
TEXT_LIMIT = 3_700

_FOOT = "-# Nothing was kept and no case was opened."
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
    foot = f"{_FOOT} {left} more policies have a draft: /policy test tries one." if left else _FOOT
    foot = "\n".join([*not_read(files), foot])
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*parts, discord.ui.TextDisplay(foot)))
    return view


def _block(result: SideBySide, room: int) -> list[str]:
    policy = result.policy
    draft = policy.draft.text if policy.draft else ""
    published = policy.published.text if policy.published else ""
    said = "They differ." if result.differ else "They agree." if result.draft and result.published else ""
    return [
        f"### {name(policy.name)}\n{said}".rstrip(),
        _side("Draft", "revision", result.draft, draft, room),
        _side("In force" if policy.in_force else "Published", "version", result.published, published, room),
    ]


def _side(label: str, what: str, side: Side | None, text: str, room: int) -> str:
    if side is None:
        return f"**{label}**: there is none that can be judged."
    head = f"**{label}**, {what} {side.number}"
    judgement = side.judgement
    if isinstance(judgement, Undecided):
        return f"{head}: ⚪ could not judge\n{why_undecided(judgement.reason)}"
    found = f"🟢 clear. {score_text(judgement.score)}"
    if judgement.outcome is Outcome.VIOLATION:
        first, *others = judgement.rule_ids
        known = policy_of(text).rule(first)
        more = f" and {len(others)} more" if others else ""
        below = "" if side.flagged else " Below the policy's threshold: no card."
        found = (
            f"🔴 violation of {rule(first, known.title if known else '')}{more}. {score_text(judgement.score)}.{below}"
        )
    return f"{head}: {found}\n{on_one_line(judgement.rationale, room)}".rstrip()
