"""Describes the state of a set of policies to moderators. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.languages.translation import _, marked, number, percent
from bot.moderation.cascade.audit import recall_shown
from bot.moderation.cascade.promise import highest_promise, threshold_for, violations_needed
from bot.moderation.cascade.screened_set import LEAST_CLEAR, LEAST_SKIPPED, Mode, ScreenedSet, share_below

_NO_ROOM = marked(
    "Off: the model's machine has too little memory to keep these policies together, so a look would take longer than "
    "it saves. Every message is judged in full. Shorter policies would help, or ask whoever runs the bot."
)
_SWITCHED_OFF = {
    Mode.BROKEN: marked(
        "The first look at all policies together is off for {policies}: it misses more than {share} of violations, the "
        "most you allowed. Every message is judged in full again. To let it learn again, run `/settings cascade` and "
        "choose how many violations it must find."
    ),
    Mode.SHIFTED: marked(
        "The first look at all policies together is off for {policies}: messages are no longer like those it learned "
        "from. Every message is judged in full again. To let it learn again, run `/settings cascade` and choose how "
        "many violations it must find."
    ),
}


def described(known: ScreenedSet, *, policies: int = 1) -> str:
    """How the look at this many policies is going, in a sentence or two."""
    if known.mode is Mode.LEARNING:
        return _learning(known)
    if known.mode is Mode.BROKEN:
        missed = _(
            "Off: it missed more than {share} of violations, the most you allowed.", share=_percent(1 - known.recall)
        )
        return f"{missed} {_shown(known)}"
    if known.mode is Mode.USELESS:
        return _useless(known)
    if known.mode is Mode.NO_ROOM:
        return _(_NO_ROOM)
    if known.mode is Mode.SHIFTED:
        return f"{_('Off: messages are no longer like those it learned from.')} {_shown(known)}"
    share = known.skipped / known.looked if known.looked else 0.0
    settled = _(
        "On: the first look settled {share} of {messages} messages, {saved} judgements saved.",
        share=_percent(share),
        messages=number(known.looked),
        saved=number(known.skipped * policies),
    )
    return f"{settled} {_shown(known)}"


def switched_off(known: ScreenedSet, names: Sequence[str]) -> str:
    """The line for moderators when it goes off."""
    return _(_SWITCHED_OFF[known.mode], policies=", ".join(names), share=_percent(1 - known.recall))


def _learning(known: ScreenedSet) -> str:
    has, needs = len(known.violation_scores), violations_needed(known.recall)
    if has < needs:
        learning = _(
            "Learning: it needs {needed} judged violations for {share}, and has {count}.",
            needed=number(needs),
            share=_percent(known.recall),
            count=number(has),
        )
        return " ".join([learning, *_offer(known)])
    return _(
        "Learning: it needs {needed} clear messages to compare with, and has {count}.",
        needed=number(LEAST_CLEAR),
        count=number(sum(known.learned) - has),
    )


def _offer(known: ScreenedSet) -> list[str]:
    """Offers a lower recall that could start with the next message; empty if there is none."""
    lower = highest_promise(len(known.violation_scores))
    if lower is None or lower >= known.recall or sum(known.learned) - len(known.violation_scores) < LEAST_CLEAR:
        return []
    threshold = threshold_for(known.violation_scores, lower)
    if threshold is None or share_below(known.learned, threshold) < LEAST_SKIPPED:
        return []
    return [_("At {share} it could start today.", share=_percent(lower))]


def _useless(known: ScreenedSet) -> str:
    share = share_below(known.learned, known.threshold or 0.0)
    return _(
        "Off: it cannot tell violations from clear messages well enough. It would settle about {share} of messages and "
        "cost more than it saves. It learns again when a policy changes or you choose another number.",
        share=_percent(share),
    )


def _shown(known: ScreenedSet) -> str:
    shown = recall_shown(known.periods)
    if not shown.audited:
        return _(
            "It must find {share} of violations. No settled message has been checked yet.", share=_percent(known.recall)
        )
    return _(
        "It must find {share} of violations. Settled messages that were judged in full as a check: {checked}, "
        "violations among them: {missed}. So it finds between {low} and {high}.",
        share=_percent(known.recall),
        checked=number(shown.audited),
        missed=number(shown.missed),
        low=_percent(shown.at_least),
        high=_percent(shown.at_most),
    )


def _percent(share: float) -> str:
    return percent(share, 1)
