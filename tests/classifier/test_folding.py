"""Folding: what members do to letters is undone, what languages do with them is left alone, and it takes no time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.folding import fold, readings, skeleton, undisguised


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


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("fr\u0435e nitro", "free nitro"),
        ("f r e e nitro", "free nitro"),
        ("h4te you", "hate you"),
        ("\U0001d58b\U0001d597\U0001d58a\U0001d58a", "free"),
        ("\U0001f175\U0001f181\U0001f174\U0001f174", "free"),
        ("\U0001f1eb \U0001f1f7 \U0001f1ea \U0001f1ea \U0001f1f8", "frees"),
        ("k\u200bill", "kill"),
    ],
)
def test_a_disguise_is_spelt_out(text: str, plain: str) -> None:
    """Look-alike, spaced, styled and circled letters, digits for letters, invisible characters."""
    assert undisguised(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "hello there",
        "mp3 of 3d b2b covid19",
        "caf\xe9 na\xefve \xdcber stra\xdfe",
        "sooooo COOL",
        "user@example.com",
        "\u043f\u0440\u0438\u0432\u0435\u0442 \u043a\u0430\u043a \u0434\u0435\u043b\u0430",
        "\u3053\u3093\u306b\u3061\u306f",
        "\u0645\u0631\u062d\u0628\u0627 \u0643\u064a\u0641",
        "\u05e9\u05dc\u05d5\u05dd",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0928\u092e\u0938\u094d\u0924\u0947 \u0915\u094d\u092f\u093e",
        "\uff26\uff35\uff2c\uff2c",
        "\U0001f1e9\U0001f1ea",
        "x\xb2 \xbd \u2116",
        "",
    ],
)
def test_ordinary_writing_is_no_disguise(text: str) -> None:
    """Accents, capitals, stretched words, addresses, flags and other scripts stay as they are."""
    assert undisguised(text) == ""
