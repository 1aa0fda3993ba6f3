"""The demo's counts in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.moderation.messages.intake import Skip

if TYPE_CHECKING:
    from bot.moderation.messages.intake import Tally

_NOT_JUDGED = {
    Skip.OWN: "{} from Bylaw itself",
    Skip.BOT: "{} from another bot",
    Skip.SYSTEM: "{} from Discord itself",
    Skip.EMPTY: "{} without text",
    Skip.NOT_SET_UP: "{} posted before Bylaw was set up",
    Skip.REVIEW_CHANNEL: "{} in the moderators' own channel",
    Skip.NO_POLICY: "{} posted while no policy was in force",
    Skip.OUT_OF_SCOPE: "{} that no policy covers",
    Skip.GONE: "{} deleted before their turn came",
    Skip.ALREADY_JUDGED: "{} judged before, under the same rules",
}
_ON_CARDS = "Moderators see each as a case, on a card of its own or on one for a whole raid."


def summary_lines(tally: Tally) -> list[str]:
    """The bot's counts in sentences."""
    lost = f"{tally.put_off} could not be judged yet" if tally.put_off else "none was lost"
    waiting = f"{tally.waiting} still wait for the judge" if tally.waiting else "none is waiting"
    lines = [
        f"Bylaw saw {_many(tally.seen, 'message')}, edits included; {lost}, and {waiting}.",
        f"It judged {tally.judged} of them and found {_many(tally.violations, 'violation')}. {_ON_CARDS}",
    ]
    if tally.undecided:
        lines.append(f"{_many(tally.undecided, 'message')} the judge could not decide: people see those, too.")
    if tally.not_judged:
        reasons = [_NOT_JUDGED[reason].format(count) for reason, count in sorted(tally.not_judged.items())]
        lines.append(f"The others were not judged: {', '.join(reasons)}.")
    return lines


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
