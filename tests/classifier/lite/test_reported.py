"""What a text says of its own: quotes and reports are left out, insults dressed up as nothing else stay."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.lite.reported import own_words


@pytest.mark.parametrize(
    "text",
    [
        'he told me "drop dead", please help',
        "someone in voice just said drop dead to me",
        "this guy keeps writing drop dead in every channel",
        "I was told drop dead by a stranger",
        "got a dm that says drop dead",
        "the user above posted drop dead again",
        "“drop dead” is what she wrote under my picture",
        "she called me names and 'drop dead' was the nicest of them",
        "mods can you look at Tom, drop dead is all he writes",
        "can someone ban Tom? drop dead is what he said",
        "reporting Tom for drop dead in ranked",
        "don't tell anyone drop dead",
        "whoever says drop dead here will be muted",
        'what does "drop dead" mean',
        "news: man jailed after drop dead mail",
        "listening to drop dead by some band",
        "♪ drop dead my darling ♪",
        "> drop dead\nplease be kind",
        "careful, there is a bot that writes drop dead",
        "is this a scam? drop dead now at https://a.example",
        "if you think drop dead is funny, leave",
        "it's not ok: drop dead hurts",
    ],
)
def test_what_others_said_is_left_out(text: str) -> None:
    """Reports, quotes, warnings, questions, news, lyrics and counter-speech."""
    assert "drop dead" not in own_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "drop dead",
        '"drop dead"',
        "> drop dead",
        "hey Tom, drop dead",
        "everyone says drop dead to you",
        "I told you drop dead",
        "you heard him. drop dead",
        "he said hello. drop dead",
        "someone tell Tom drop dead",
        "drop dead, said nobody ever",
        "you can drop dead for all that we care",
    ],
)
def test_what_the_writer_says_stays(text: str) -> None:
    """A quote with nothing around it, a sentence of its own after a report, and plain words."""
    assert "drop dead" in own_words(text)


@pytest.mark.parametrize("text", ["", "good morning", 'a "stressed" word', "don't stop", "it's 5 o'clock, isn't it?"])
def test_a_text_without_reports_stays_as_it_is(text: str) -> None:
    """Apostrophes and stressed words are no quotes."""
    assert own_words(text) == text


@given(st.text(st.sampled_from("he said \"'“”«»>.!?\nyou♪kilr"), max_size=200))
def test_any_text_has_own_words(text: str) -> None:
    """Nothing is invented: every word that is left was there."""
    assert set(own_words(text).split()) - {"."} <= {part for word in text.split() for part in _parts(word)}


def _parts(word: str) -> set[str]:
    """A cut goes between letters and quotes."""
    return {word[start:end] for start in range(len(word)) for end in range(start, len(word) + 1)}


@pytest.mark.parametrize("text", ['"', "he said ", "'a", "> a\n", "\"a' ", "is this ", "♪\n", "please "])
def test_no_text_takes_long(text: str) -> None:
    """Twelve thousand characters of half-finished quotes and reports take a moment."""
    started = time.process_time()
    own_words(text * (12_000 // len(text)))
    assert time.process_time() - started < 1.0
