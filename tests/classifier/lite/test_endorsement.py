"""Whoever says, addresses or endorses what they repeat is no reporter; whoever was hurt, warns or tells news is."""

from __future__ import annotations

import pytest

from classifier.lite.reported import own_words


@pytest.mark.parametrize(
    "text",
    [
        'I say: "drop dead"',
        'ok so I just say to you "drop dead"',
        "well, I'm telling you: 'drop dead'",
        'I told you "drop dead" already',
        'as I always said, "drop dead"',
        'my message to you: "drop dead"',
        'listen Tom, you should "drop dead" today',
        "he said you should drop dead and he is right",
        'someone wrote "drop dead" to you and they were right',
        'she told you "drop dead", I agree',
        "they said you should drop dead so do it",
        "he says you should just drop dead",
        "your friend said @Tom should drop dead",
        'let me tell you: "drop dead"',
        'I wanna say "drop dead"',
        'my advice is "drop dead"',
        "I quote: go drop dead",
        "lyrics: go drop dead loser",
        "news: you drop dead",
        "quote: @Tom drop dead",
    ],
)
def test_what_the_writer_stands_behind_stays(text: str) -> None:
    """A quote in the writer's own name, an order to the reader, an endorsement, a label before plain words."""
    assert "drop dead" in own_words(text)


@pytest.mark.parametrize(
    "text",
    [
        'I told him "drop dead" is not ok to say',
        'if I say "drop dead" will I get banned?',
        "he told me you should drop dead, mods please help",
        "someone said you should drop dead in voice chat",
        'he wrote "you should drop dead" under my picture',
        "he said I should drop dead, is he right?",
        'he said "drop dead" and a mod was right there',
        'people who say "drop dead" are not right, never do that',
        "lyrics of the day: “drop dead”",
        "news: man jailed after drop dead mail",
    ],
)
def test_what_somebody_reports_is_still_left_out(text: str) -> None:
    """Reports to moderators, questions, counter-speech, quoted lyrics and news."""
    assert "drop dead" not in own_words(text)
