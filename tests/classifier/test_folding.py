"""Folding: what members do to letters is undone, what languages do with them is left alone, and it takes no time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.folding import fold, readings, skeleton


@pytest.mark.parametrize(
    "disguised",
    [
        "FREE NITRO",
        "ＦＲＥＥ ｎｉｔｒｏ",
        "𝔣𝔯𝔢𝔢 𝓷𝓲𝓽𝓻𝓸",
        "🅵🆁🅴🅴 🇳🇮🇹🇷🇴",
        "ⓕⓡⓔⓔ ⓝⓘⓣⓡⓞ",
        "ꜰʀᴇᴇ ɴɪᴛʀᴏ",
        "frее nіtrо",  # Cyrillic е, і, о
        "ḟṛẹẹ n̷i̷t̸r̴o̶",
        "fr\u200bee ni\u2060t\u00adro",
        "f\ufeffree\u3164 nitro",
        "frëé nìtrø",
        "fr33 n1tr0",
        "free n!tro",
        "free n|tro",
        "f r e e  n i t r o",
        "f.r.e.e n-i-t-r-o",
        "f_r_e_e n * i * t * r * o",
        "fr**ee** ni~~tr~~o",
        "||free|| __nitro__",
        "`free` \\nitro",
        "free\u00a0\u2003 nitro",
        "\u202efree nitro\u202c",
    ],
)
def test_a_disguise_is_taken_off(disguised: str) -> None:
    """Styled, foreign, marked, spaced, stretched and signed letters read as the plain ones."""
    assert fold(disguised) == "free nitro"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("привет мир", "привет мир"),
        ("你好，世界", "你好,世界"),
        ("مرحبا شُكْرًا", "مرحبا شكرا"),
        ("한국어", "한국어"),
        ("καλημέρα", "καλημερα"),
        ("Straße", "strasse"),
        ("in 2024 I paid 100$ for 3 games", "in 2024 i paid 100$ for 3 games"),
        ("@everyone look!", "@everyone look!"),
        ("one\r\ntwo\u2028three", "one\n\ntwo\nthree"),
        ("wait... what???", "wait.. what??"),
        ("a b", "a b"),
        ("", ""),
    ],
)
def test_plain_writing_stays_readable(text: str, folded: str) -> None:
    """Other scripts stay their own, numbers stay numbers, a mention stays a mention, lines stay lines."""
    assert fold(text) == folded


def test_letters_that_look_alike_only_as_capitals_or_only_small_are_known() -> None:
    """Cyrillic Н is a twin of H as a capital, т of t by way of the small capital; both are found inside Latin words."""
    assert fold("НELLO тop") == "hello top"


def test_readings_hold_the_text_itself_and_what_its_signs_may_mean() -> None:
    """``1`` may stand for i or l, a stretched letter for one or two; plain text has one reading."""
    assert readings("a1ly") == ("a1ly", "aily", "ally")
    assert readings("Freeee") == ("Freeee", "free", "fre")
    assert readings("plain") == ("plain",)


def test_a_skeleton_makes_spellings_equal() -> None:
    """For comparing alone: l is i, doubled letters are single."""
    assert skeleton(fold("Ki11er")) == skeleton(fold("KILLLER")) == skeleton("kiler") == "kier"


@given(st.text(st.characters(codec=None)) | st.text(st.sampled_from("aA1l!|@$.-_*~ \u0301\u200b\ud800а🇦ﷺ\n")))
def test_folding_takes_any_text(text: str) -> None:
    """Every string folds, to something without capitals, control characters or blanks at its ends."""
    folded = fold(text)
    assert folded == folded.strip()
    assert not any(character in folded for character in "\u200b\ufeff\r\t\x00")
    assert readings(text)[0] == text
    assert folded in readings(text)
    assert fold(text) == folded


@pytest.mark.parametrize(
    "text",
    [
        "😀" * 10_000,
        "z" + "\u0316\u0300" * 5_000,
        "\ufdfa" * 10_000,
        "a b " * 2_500,
        "a|" * 5_000,
        "a.-" * 3_300,
        "1a" * 5_000,
        "привет " * 1_400,
        " " * 10_000 + "x",
        "*_" * 5_000,
        "a" * 10_000 + " п",
        "ап" * 5_000,
        "$" * 10_000,
        "a$" * 5_000,
        "a" * 10_000,
        ". " * 5_000,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_no_text_is_slow_to_fold(text: str) -> None:
    """Ten thousand characters made to be slow take milliseconds. The bound leaves room for a busy machine."""
    started = time.process_time()
    readings(text)
    assert time.process_time() - started < 0.5


def test_a_sign_that_stands_for_many_letters_does_not_blow_up_the_text() -> None:
    """One Arabic ligature decomposes into eighteen letters; it becomes a blank."""
    assert len(fold("\ufdfa" * 1000 + " free")) < 10
