"""Texts shared by several messages: severities, scores, states, ids and times, in Discord's markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from babel.numbers import format_decimal

from bot.cogs.interactions.quoting import on_one_line
from bot.languages.translation import _, marked, ngettext, number, spoken
from bot.languages.translation import length as in_words
from bot.moderation.cases.attached_file import AttachedFile, NotRead
from bot.moderation.cases.case import NOBODY, CaseState, Decision
from bot.moderation.lookups.numbers.exact_interval import exact_interval
from bot.moderation.policies.consequences import ActingRule
from guild_policies.diff import Change, show_diff

NAME_LIMIT = 80  #: UTF-16 units for the name of a policy or the title of a rule, escapes included
ID_LIMIT = 12  #: for the id of a rule
ENOUGH_FOR_A_RATE = 20  #: least number of decisions to show a percentage
NOTHING_TO_READ = marked("There is no text in this message, so there is nothing to judge. Pictures are not read.")
FILE_NAME_LIMIT = 60  #: UTF-16 units for the name of a file, escapes included
FILES_SHOWN = 2  #: below an answer, each in a line of at most 120 units

#: English, translated when shown.
NOT_READ = {
    NotRead.NO_TEXT: marked("not read: only texts are"),
    NotRead.TOO_LARGE: marked("⚠️ not read: larger than 1 MB"),
    NotRead.NOT_FETCHED: marked("⚠️ not read: Discord did not provide it"),
    NotRead.IN_PART: marked("⚠️ read in part: it is long"),
    NotRead.TOO_MANY: marked("⚠️ not read: too many files"),
}
_SEVERITIES = {
    "low": marked("🟡 Low severity"),
    "medium": marked("🟠 Medium severity"),
    "high": marked("🔴 High severity"),
}
_STATES = {
    # Translators: where a case stands: no decision yet.
    CaseState.OPEN: marked("Open"),
    CaseState.VIOLATION: marked("Violation"),
    CaseState.NOT_A_VIOLATION: marked("Not a violation"),
    # Translators: where a case stands: the author edited the message, so that it breaks no rule any longer.
    CaseState.MENDED: marked("Mended"),
}


#: Translators: these name what changed in a policy, in a list: "R1 Spam: changed", "title: Spam → Adverts".
_OF_CHANGES = {
    "No changes.": marked("No changes."),
    "added": marked("added"),
    "removed": marked("removed"),
    "changed": marked("changed"),
    "moved": marked("moved"),
    "title": marked("title"),
    "purpose": marked("purpose"),
    "rules": marked("rules"),
    "sections": marked("sections"),
    "order": marked("order"),
    "text": marked("text"),
    "notes": marked("notes"),
    "a rule without a name": marked("a rule without a name"),
    "a section without a name": marked("a section without a name"),
}


def severity(value: str) -> str:
    """A severity as a word with a symbol, so that it doesn't depend on colour."""
    return _(_SEVERITIES.get(value, _SEVERITIES["medium"]))


#: Shown with a score until there are enough decided cases to calibrate it.
NO_PROBABILITY = marked("A score puts cards in order. It is not a probability.")


def score_text(score: float) -> str:
    """A verdict's score as a number. Words such as "likely" would claim something that isn't measured."""
    return _("Score {number}", number=score_number(score))


def score_number(score: float) -> str:
    """Up to three decimals: after reasoning scores lie close to 0 and 1."""
    return format_decimal(score, format="0.###", locale=spoken().babel)


#: The lowest probability for each word, highest first.
_LIKELY = (
    (0.95, marked("almost certainly")),
    (0.8, marked("very likely")),
    (0.6, marked("likely")),
    (0.4, marked("as likely as not")),
)
_UNLIKELY = marked("unlikely")


def likely(probability: float) -> str:
    """A calibrated probability as a word: ``very likely``."""
    return _(next((word for least, word in _LIKELY if probability >= least), _UNLIKELY))


def agreement(agreed: int, decided: int) -> str:
    """How often moderators agreed with the judge. With enough decisions, adds the 95 % confidence interval: ``41 of 50;
    likely between 69 and 91 %``."""
    if decided < ENOUGH_FOR_A_RATE:
        return _("{part} of {whole}", part=number(agreed), whole=number(decided))
    low, high = (100 * each for each in exact_interval(agreed, decided))
    places = 0 if round(low) < round(high) else 2
    return _(
        "{part} of {whole}; likely between {low} and {high} %",
        part=number(agreed),
        whole=number(decided),
        low=number(round(low, places)),
        high=number(round(high, places)),
    )


def state(value: CaseState) -> str:
    """The state of a case, as on its buttons."""
    return _(_STATES[value])


def who_decided(decision: Decision) -> str:
    """Who made a decision, when, and what it was, in a sentence."""
    when, what = at(decision.at, "R"), state(decision.state)
    if decision.moderator_id == NOBODY:
        return _("The author edited the message in time, {when}: **{state}**.", when=when, state=what)
    return _("{member} decided {when}: **{state}**.", member=f"<@{decision.moderator_id}>", when=when, state=what)


def name(text: str) -> str:
    """A policy's name or a rule's title, escaped and on one line."""
    return on_one_line(text, NAME_LIMIT)


def rule(rule_id: str, title: str, limit: int = NAME_LIMIT) -> str:
    """A rule by its id and title."""
    return f"{on_one_line(rule_id, ID_LIMIT)} {on_one_line(title, limit)}".rstrip()


def acting_rules(acting: Sequence[ActingRule]) -> str:
    """The rules with automatic actions, and the actions: ``Spoilers R1 (timeout 10m)``."""
    shown = [f"{name(each.policy_name)} {on_one_line(each.rule_id, ID_LIMIT)} ({each.does})" for each in acting[:5]]
    left_out = len(acting) - len(shown)
    more = [ngettext("{n} more rule", "{n} more rules", left_out)] if left_out else []
    return ", ".join([*shown, *more])


def member(user_id: int) -> str:
    """A member as a mention, which never pings in our messages, and as a plain id, which can be copied."""
    return f"<@{user_id}> (`{user_id}`)"


def at(moment: datetime, style: str = "f") -> str:
    """A time, shown in the reader's own time zone: ``f`` for date and time, ``R`` for “2 hours ago”."""
    return f"<t:{int(moment.timestamp())}:{style}>"


def duration(length: timedelta) -> str:
    """A duration of a minute or more in its largest sensible unit: ``14 minutes``, ``3 hours``."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 120:
        return in_words(timedelta(minutes=minutes))
    return in_words(timedelta(hours=minutes // 60) if minutes < 48 * 60 else timedelta(days=minutes // 1440))


def changes_in_words(changes: Sequence[Change]) -> str:
    """What changed in a policy, for a code block. The policy's own words stay as they are."""
    return show_diff(changes, lambda word: _(_OF_CHANGES[word]))


def say_hidden(count: int) -> str:
    """Says that Bylaw can't see some channels, and what an admin can do."""
    return ngettext(
        "Bylaw cannot see {n} channel and judges nothing there. If it should, give it View Channel there.",
        "Bylaw cannot see {n} channels and judges nothing there. Where it should, give it View Channel.",
        count,
    )


def not_read(files: Sequence[AttachedFile]) -> list[str]:
    """A line in small print for each file that wasn't fully read, below an answer about the message."""
    lines = [
        f"-# {on_one_line(file.name, FILE_NAME_LIMIT) or _('(no name)')}: {_(NOT_READ[file.not_read])}"
        for file in files
        if file.not_read is not None
    ]
    more = len(lines) - FILES_SHOWN
    return [
        *lines[:FILES_SHOWN],
        *(
            [ngettext("-# and {n} more file not read whole", "-# and {n} more files not read whole", more)]
            if more > 0
            else []
        ),
    ]
