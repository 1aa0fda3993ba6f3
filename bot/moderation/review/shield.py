"""The shield hides disturbing words from moderators: cards of high severity can first say, in one neutral line, what
the judge found.

The line is the judge's own reason without quotations and without words that also occur in the message, except for words
of the rule and of grammar. So it never repeats what somebody wrote, whatever the judge did.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Protocol

from bot.moderation.cards.face import CardFace
from bot.moderation.cards.route import SEVERE, severest
from bot.moderation.cases.case import Case
from bot.moderation.policies.reading import beside_the_loop
from bot.moderation.servers.options import OptionStore, ReviewOptions
from classifier.folding import fold, skeleton

HIDDEN = "…"  #: replaces a word that is left out

_QUOTED = re.compile("[“”„‟\"«»‹›「」『』`].*?[“”„‟\"«»‹›「」『』`]|(?<!\\w)['‘‚].*?['’](?!\\w)", re.DOTALL)
_QUOTE_SIGN = re.compile('[“”„‟"«»‹›「」『』`]')
_WORD = re.compile(r"\w+")
_RUN = re.compile(rf"{HIDDEN}(?:\W*{HIDDEN})+")
#: Words of grammar, and the words by which a judge speaks of messages. None of them can hurt anybody.
_PLAIN_TEXT = """
a about after against all also an and another any are as at be because been before being but by can could did do does
for from had has have he her him his how i if in into is it its just me member members message messages more most my no
nor not of on one only or other our out over own person she should so some such than that the their them then there
these they this those to too under up user users was we were what when where which while who whom whose why will with
would you your b c d e f
"""
_PLAIN = frozenset(_PLAIN_TEXT.split())


class ShieldLevel(StrEnum):
    """Which cases' words a moderator wants hidden in their own look-ups. The values are stored."""

    SERVER = "server"  #: as the server's cards
    OFF = "off"
    HIGH = "high"  #: of cases of high severity
    ALL = "all"


class ShieldLevels(Protocol):
    """Stores moderators' own choices. Every method is one transaction."""

    async def level(self, guild_id: int, member_id: int) -> ShieldLevel:
        """The moderator's choice; SERVER if they made none."""

    async def choose(self, guild_id: int, member_id: int, level: ShieldLevel) -> None:
        """Store the choice; SERVER deletes it."""


class Shield:
    """Says which cases hide their words: a face source of cards, and for look-ups of one moderator."""

    def __init__(self, *, levels: ShieldLevels, options: OptionStore) -> None:
        self._levels = levels
        self._options = options

    async def put_on(self, faces: Sequence[CardFace]) -> tuple[CardFace, ...]:
        """Return the same faces; those of high severity are shielded if the server wants that."""
        if not any(_is_severe(face.case) for face in faces):
            return tuple(faces)
        hides = (await self._options.get(faces[0].case.guild_id, ReviewOptions)).shield
        return tuple([await _shielded(face) if hides and _is_severe(face.case) else face for face in faces])

    async def for_reader(self, face: CardFace, reader_id: int) -> CardFace:
        """The face as shown to one moderator."""
        level = await self._levels.level(face.case.guild_id, reader_id)
        if level is ShieldLevel.SERVER:
            return face
        hides = level is ShieldLevel.ALL or (level is ShieldLevel.HIGH and _is_severe(face.case))
        return await _shielded(face) if hides else replace(face, neutral=None)

    async def level(self, guild_id: int, member_id: int) -> ShieldLevel:
        """A moderator's choice."""
        return await self._levels.level(guild_id, member_id)

    async def choose(self, guild_id: int, member_id: int, level: ShieldLevel) -> None:
        """Store a moderator's choice."""
        await self._levels.choose(guild_id, member_id, level)


async def _shielded(face: CardFace) -> CardFace:
    text = face.case.evidence.text or ""
    return replace(face, neutral=await beside_the_loop(partial(neutral, face.case, face.clause), text))


def neutral(case: Case, clause: str = "") -> str:
    """The judge's reason without words from the message.

    Args:
        clause: what the rule forbids, in the server's words, which may be repeated.
    """
    evidence = case.evidence
    texts = [evidence.text, evidence.before, evidence.edited.text if evidence.edited else None]
    texts += [each.text for each in evidence.versions]
    texts += [each.text for each in evidence.context]
    texts += [f"{file.name} {file.description}" for file in evidence.files]
    said = _forms(" ".join(text for text in texts if text))
    ours = _forms(" ".join([clause, *(f"{rule.id} {rule.title}" for rule in case.rules)])) | _PLAIN
    reason = _QUOTE_SIGN.sub(" ", _QUOTED.sub(HIDDEN, case.judged.rationale))
    masked = _WORD.sub(lambda word: HIDDEN if _is_said(word[0], said - ours) else word[0], reason)
    return " ".join(_RUN.sub(HIDDEN, masked).split())


def _is_severe(case: Case) -> bool:
    return severest(case.rules) == SEVERE


def _is_said(word: str, said: frozenset[str]) -> bool:
    return bool(_forms(word) & said)


def _forms(text: str) -> frozenset[str]:
    """The words of a text as written, case-folded, and in normalised spelling, so that disguised words are
    recognised."""
    folded = fold(text)
    plain = (*_WORD.findall(text.casefold()), *_WORD.findall(folded))
    return frozenset([*plain, *map(skeleton, plain)])
