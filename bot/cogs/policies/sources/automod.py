"""Imports the word lists of Discord's own AutoMod as the first draft of a policy.

AutoMod only matches words. Each of its word rules becomes a rule with patterns, which the lite judge uses, and the
findings ask for what only people know: what the words stand for, and examples.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import aiohttp
import discord
import re2

from bot.languages.translation import _, marked, ngettext
from bot.moderation.policies.outcomes import Refused
from guild_policies.lint.patterns_are_few import MAX_PATTERNS
from guild_policies.policy import Policy, Rule
from guild_policies.text.parse import render

WORDS_PER_PATTERN = 40
MAX_CHARACTERS = 30_000  #: characters of all patterns together, so that the text stays far below a policy's limit
NAMED = 5  #: words and rules that are named before "and more"

_EDGE = r"[^\pL\pN_]"  #: AutoMod's word boundaries: letters, digits and underscores
_MAY_NOT = marked("Bylaw cannot read this server's AutoMod rules. Give it Manage Server while you import them.")
_NOT_NOW = marked("Discord did not provide the AutoMod rules. Try again.")
_NOTHING = marked("AutoMod has no rule with your own words here, so there is nothing to make a policy from.")
_OWN_LISTS = marked(
    "Discord does not show bots its own word lists (profanity, sexual content, slurs): see the starter policies."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRule:
    """An AutoMod rule that matches words."""

    name: str
    words: tuple[str, ...] = ()  #: in AutoMod's syntax: an asterisk at either end stands for any letters
    expressions: tuple[str, ...] = ()  #: regular expressions in Rust's dialect
    allowed: tuple[str, ...] = ()
    enabled: bool = True
    blocks: bool = False  #: AutoMod itself blocks messages with these words


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A policy's text, and what an admin should know about it."""

    text: str
    notes: tuple[str, ...]


async def read_automod(guild: discord.Guild, name: str) -> Imported | Refused:
    """The server's AutoMod rules as a policy's text; or why that is not possible."""
    if not guild.me.guild_permissions.manage_guild:
        return Refused(why=_(_MAY_NOT))
    try:
        rules = await guild.fetch_automod_rules()
    except discord.Forbidden:
        return Refused(why=_(_MAY_NOT))
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        return Refused(why=_(_NOT_NOW))
    by_words = [_word_rule(rule) for rule in rules if rule.trigger.type is discord.AutoModRuleTriggerType.keyword]
    others = [rule.name for rule in rules if rule.trigger.type is not discord.AutoModRuleTriggerType.keyword]
    return policy_of_automod(name, by_words, others=others)


def policy_of_automod(name: str, rules: Sequence[WordRule], *, others: Sequence[str] = ()) -> Imported | Refused:
    """A policy's text in which each word rule that is switched on is a rule.

    Args:
        others: the names of rules without words: mention spam, Discord's own lists, profiles.
    """
    usable = [rule for rule in rules if rule.enabled and (rule.words or rule.expressions)]
    notes: list[str] = []
    made: list[Rule] = []
    left, room = MAX_PATTERNS, MAX_CHARACTERS
    for number, rule in enumerate(usable, start=1):
        patterns = list(_patterns(rule))
        good = [pattern for pattern in patterns if _is_readable(pattern)]
        if len(good) < len(patterns):
            unread = len(patterns) - len(good)
            notes.append(
                ngettext(
                    "{n} expression of “{rule}” cannot be read here.",
                    "{n} expressions of “{rule}” cannot be read here.",
                    unread,
                    rule=_flat(rule.name),
                )
            )
        kept = _as_many_as_fit(good, most=left, room=room)
        if len(kept) < len(good):
            notes.append(
                _("“{rule}” has more words than a policy holds. The draft has the first ones.", rule=_flat(rule.name))
            )
        made.append(_rule(number, rule, kept))
        left, room = left - len(kept), room - sum(map(len, kept))
    if not made:
        return Refused(why=f"{_(_NOTHING)} {_(_OWN_LISTS)}" if others else _(_NOTHING))
    blocked = [rule.name for rule in usable if rule.blocks]
    if blocked:
        notes.append(
            _("AutoMod itself blocks {rules}, so Bylaw only sees what those words miss.", rules=_named(blocked))
        )
    skipped = [*(rule.name for rule in rules if not rule.enabled), *others]
    if skipped:
        notes.append(_("Not imported: {rules} (turned off, or without words of their own).", rules=_named(skipped)))
    if others:
        notes.append(_(_OWN_LISTS))
    return Imported(text=render(Policy(title=_flat(name), rules=tuple(made))), notes=tuple(notes))


def _word_rule(rule: discord.AutoModRule) -> WordRule:
    trigger = rule.trigger
    return WordRule(
        name=rule.name,
        words=tuple(trigger.keyword_filter),
        expressions=tuple(trigger.regex_patterns),
        allowed=tuple(trigger.allow_list),
        enabled=rule.enabled,
        blocks=any(action.type is discord.AutoModRuleActionType.block_message for action in rule.actions),
    )


def _rule(number: int, rule: WordRule, patterns: tuple[str, ...]) -> Rule:
    name = _flat(rule.name)
    like = f", such as {_some(rule.words)}" if rule.words else ""
    return Rule(
        id=f"R{number}",
        title=name,
        breaks_it=f"messages that mean what the words of this AutoMod rule stand for{like}",
        does_not=f"{_some(rule.allowed)}, which AutoMod lets through" if rule.allowed else "",
        patterns=patterns,
    )


def _patterns(rule: WordRule) -> Iterator[str]:
    words = [word for word in map(str.strip, rule.words) if word.strip("*")]
    for open_start, open_end in itertools.product((False, True), repeat=2):
        alike = [word for word in words if (word.startswith("*"), word.endswith("*")) == (open_start, open_end)]
        start, end = "" if open_start else f"(?:^|{_EDGE})", "" if open_end else f"(?:{_EDGE}|$)"
        for begin in range(0, len(alike), WORDS_PER_PATTERN):
            yield f"(?i){start}(?:{'|'.join(map(_body, alike[begin : begin + WORDS_PER_PATTERN]))}){end}"
    for expression in rule.expressions:
        yield f"(?i){expression}"


def _body(word: str) -> str:
    """A word or phrase as a regular expression, without AutoMod's asterisks."""
    return r"\s+".join(re2.escape(part) for part in word.strip("*").split())


def _as_many_as_fit(patterns: Sequence[str], *, most: int, room: int) -> tuple[str, ...]:
    """The first of the patterns: at most `most`, with at most `room` characters together."""
    lengths = itertools.accumulate(map(len, patterns))
    return tuple(pattern for pattern, length in zip(patterns[:most], lengths, strict=False) if length <= room)


def _is_readable(pattern: str) -> bool:
    """Is it a valid, non-empty RE2 expression on one line?"""
    options = re2.Options()
    options.log_errors = False
    try:
        return "\n" not in pattern and "`" not in pattern and re2.compile(pattern, options).search("") is None
    except re2.error:
        return False


def _some(names: Sequence[str]) -> str:
    shown = [f"“{_flat(each)}”" for each in names[:NAMED]]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(shown) + more


def _named(names: Sequence[str]) -> str:
    """Some of the names, for a note."""
    shown = [f"“{_flat(each)}”" for each in names[:NAMED]]
    more = len(names) - len(shown)
    return ", ".join([*shown, *([ngettext("{n} more", "{n} more", more)] if more else [])])


def _flat(name: str) -> str:
    """On one line, without characters that are special in a policy's text."""
    return " ".join(re.sub(r"[#`*_\[\]<>|]", " ", name).split())
