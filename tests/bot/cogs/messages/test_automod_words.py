"""Whatever AutoMod did, and whatever rule it was: the case says it in every language."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.messages.external_action_listeners import _DONE, _TRIGGERS, automod_hit
from bot.languages.catalogue import TRANSLATED
from bot.languages.kept_sentences import retold
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.cases.external_actions import AUTOMOD_DONE, AUTOMOD_TITLES, AUTOMOD_WHYS, _why

UNKNOWN = 99


def hit_of(trigger: int, action: int) -> Any:
    """A hit, as Discord tells it."""
    told = {
        "guild_id": "1", "rule_id": "55", "user_id": "9", "channel_id": "50", "rule_trigger_type": trigger,
        "action": {"type": action}, "matched_keyword": "a. b",
    }  # fmt: skip
    return automod_hit(told)


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("action", [*_DONE, UNKNOWN])
@pytest.mark.parametrize("trigger", [*_TRIGGERS, UNKNOWN])
def test_every_hit_is_retold(trigger: int, action: int, language: Language) -> None:
    """No word of the English sentence or of the rule's English name is left, and the expression stays."""
    hit = hit_of(trigger, action)
    kept = _why(hit)
    with speaking(language):
        said, title = retold(kept, AUTOMOD_WHYS), retold(hit.trigger, AUTOMOD_TITLES)
    assert "a. b" in said
    assert title in said
    assert not [words for words in ("rule", "was ", hit.done, " did ", "does not know", "matched") if words in said]
    assert "rule" not in title


def test_the_lists_are_whole() -> None:
    """What the listener names is what is translated."""
    assert set(_DONE.values()) == set(AUTOMOD_DONE)
    assert set(_TRIGGERS.values()) < set(AUTOMOD_TITLES)
