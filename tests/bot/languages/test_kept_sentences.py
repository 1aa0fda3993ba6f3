"""Why an action was not done is kept in English, and said in the language of whoever reads it."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest

from bot.cogs.interactions.wording import at
from bot.languages.catalogue import TRANSLATED
from bot.languages.kept_sentences import retold
from bot.languages.language import Language
from bot.languages.translation import _, speaking
from bot.moderation.cards import refusals
from bot.moderation.cards.face import NOT_TOLD, NoticeState
from bot.moderation.cards.refusals import CARD_REFUSALS
from bot.moderation.cases.action import LEFT_IN_FORCE
from bot.moderation.cases.external_actions import AUTOMOD_WHYS, IN_DISCORD
from bot.moderation.judging.decide import UNDECIDED_WHYS
from bot.moderation.raids.whys import RAID_WHYS
from bot.moderation.review import whys
from bot.moderation.review.whys import WHYS

#: Of each placeholder, what it holds.
VALUES = {
    "status": "503",
    "code": "50013",
    "permission": "Ban Members",
    "channel": "<#42>",
    "moderator": "<@7>",
    "number": "12",
    "moment": at(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)),
    "n": "1,000",
    "seconds": "30",
    "all": "3",
    "permissions": "View Channel, Embed Links",
    "rule": "55",
    "kind": "9",
    "action": "12",
    "trigger": "harmful links",
    "done": "the message was blocked",
    "keyword": "a.b”, *spam*",
}
#: Those whose values mean something else in their sentences.
COUNTS = {"done": "2"}

ALL_KEPT = (RAID_WHYS, WHYS, CARD_REFUSALS, UNDECIDED_WHYS, AUTOMOD_WHYS)


def values_of(sentence: str) -> dict[str, str]:
    """The values of one sentence."""
    names = [name for _literal, name, _format, _conversion in string.Formatter().parse(sentence) if name]
    values = VALUES | (COUNTS if "all" in names else {})
    return {name: values[name] for name in names}


def in_words(name: str, value: str) -> str:
    """A value as it is said: what somebody wrote stays, the names of permissions and the like are translated."""
    return value if name == "keyword" else ", ".join(map(_, value.split(", ")))


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize(("sentence", "among"), [(sentence, among) for among in ALL_KEPT for sentence in among])
def test_every_sentence_is_found_again(sentence: str, among: tuple[str, ...], language: Language) -> None:
    """By its pattern, and never taken for another one; its values stay, and permissions have their names."""
    values = values_of(sentence)
    kept = sentence.format(**values)
    with speaking(language):
        said = {name: in_words(name, value) for name, value in values.items()}
        assert retold(kept, among) == _(sentence, **said) != kept


def test_several_sentences_are_all_said() -> None:
    """What an action brings about may be a sentence of each of several."""
    kept = f"{whys.PARTLY_DELETED.format(done=2, all=3)} {whys.THREAD_ARCHIVED} {whys.TOLD_ALREADY}"
    with speaking(Language.GERMAN):
        assert retold(kept, WHYS) == " ".join(
            [_(whys.PARTLY_DELETED, done=2, all=3), _(whys.THREAD_ARCHIVED), _(whys.TOLD_ALREADY)]
        )


@pytest.mark.parametrize("kept", ["", "It was taken back already.", f"{whys.OVER} So be it."])
def test_what_is_not_known_stays_as_it_is(kept: str) -> None:
    """A sentence of an older version is shown in English, whole."""
    with speaking(Language.JAPANESE):
        assert retold(kept, WHYS) == kept


def test_in_english_nothing_is_looked_for() -> None:
    """What is kept is what is said."""
    assert retold(whys.OVER, WHYS) == whys.OVER


def test_every_kept_sentence_is_listed() -> None:
    """Those of other modules, too; the longest first, because some begin like others."""
    assert {LEFT_IN_FORCE, NOT_TOLD[NoticeState.FAILED], whys.OVER, whys.OVER_FOR_CHANGE} <= set(WHYS)
    assert {IN_DISCORD, whys.NOT_BEGUN, whys.DECIDED_SINCE, whys.DONE_SINCE, whys.NOT_HEARD} <= set(WHYS)
    assert {refusals.NOT_HERE, refusals.LACKS, refusals.TITLE_BLOCKED} <= set(CARD_REFUSALS)
    assert set(WHYS) < set(RAID_WHYS)
    for sentences in ALL_KEPT:
        assert list(sentences) == sorted(sentences, key=len, reverse=True)
