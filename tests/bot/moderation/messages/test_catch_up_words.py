"""What moderators are told after an absence."""

from __future__ import annotations

import pytest

from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.messages.catch_up import Progress, _caught_up

HERE, AWAY = {"was_away": False}, {"was_away": True}
AGAIN = "Bylaw can see a channel or thread again"


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (
            Progress(missed=1, **AWAY),
            "Bylaw was away and has caught up. It judged 1 message that was posted meanwhile.",
        ),
        (
            Progress(missed=1_200, edited=1, **AWAY),
            "Bylaw was away and has caught up. It judged 1,200 messages that were posted or edited meanwhile.",
        ),
        (
            Progress(waiting=1, **HERE),
            f"{AGAIN}. 1 message that was posted meanwhile waits for the judge.",
        ),
        (
            Progress(waiting=2, edited=1, **AWAY),
            "Bylaw was away. 2 messages that were posted or edited meanwhile wait for the judge.",
        ),
        (
            Progress(missed=3, waiting=1, **AWAY),
            "Bylaw was away. It judged 3 messages that were posted meanwhile. 1 more waits for the judge.",
        ),
        (
            Progress(missed=1, waiting=4, **HERE),
            f"{AGAIN}. It judged 1 message that was posted meanwhile. 4 more wait for the judge.",
        ),
    ],
)
def test_what_was_judged_and_what_waits(progress: Progress, words: str) -> None:
    """In whole sentences, with numbers as the language counts them."""
    assert _caught_up(progress) == words


def test_in_another_language() -> None:
    """No English is left."""
    with speaking(Language.GERMAN):
        assert _caught_up(Progress(missed=1_200, waiting=1, edited=1, was_away=True)) == (
            "Bylaw war weg. Es hat 1.200 Nachrichten beurteilt, die inzwischen gepostet oder bearbeitet wurden. "
            "1 weitere wartet auf das Modell."
        )
