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
        "fr<:x:1>ee n<a:wave:22>itr<:y:333><:z:4444>o",
        "fr<t:1618953630:R>ee ni<t:0>tro",
        "f<@1>r<@!22>e<@&333>e ni<#4444>t<id:guide>r</policy list:5>o",
        "fr**e**e **ni**tro",
        "fr||e||e ||ni||tro",
        "fr`e`e n__i__tro",
        "fr**\u200b<:x:1>**ee ni\u034f\ufe0f\u2067tro",
        "f\u001b[31mr\u001b[0mee nit\u001b[1;32mro",
        "\u202efree nitro\u202c",
    ],
)
def test_a_disguise_is_taken_off(disguised: str) -> None:
    """Styled, foreign, marked, spaced, stretched and signed letters read as the plain ones."""
    assert fold(disguised) == "free nitro"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("fr[e](<https://a.example>)e nitro", "free nitro https://a.example"),
        (
            "[fr](https://a.example)[ee](<https://b.example/x_(y)>) nitro",
            "free nitro https://a.example https://b.example/x(y)",
        ),
        ('fr[**e**](https://a.example "title")e nitro\nnext', "free nitro https://a.example\nnext"),
        ("fr[\u200b](<https://a.example>)ee nitro", "free nitro https://a.example"),
        ("fr[e](<url>)e nitro", "free nitro url"),
    ],
)
def test_a_masked_link_reads_as_its_text(text: str, folded: str) -> None:
    """As Discord shows it; the address comes at the end of the line, where patterns still find it."""
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("hello <:wave:1> there", "hello :wave: there"),
        ("hi <@12>, at <t:5:R>", "hi <@12>, at <t:5:r>"),
        ("日本<:x:1>語", "日本語"),
        ("see f[i](x)", "see f[i](x)"),
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
    assert readings("the<:x:1>butler") == ("the<:x:1>butler", "thebutler", "the butler")


def test_a_skeleton_makes_spellings_equal() -> None:
    """For comparing alone: l is i, doubled letters are single."""
    assert skeleton(fold("Ki11er")) == skeleton(fold("KILLLER")) == skeleton("kiler") == "kier"


@given(
    st.text(st.characters(codec=None)) | st.text(st.sampled_from("aA1l!|@$.-_*~ \u0301\u200b\ud800а🇦ﷺ\n<>[]():/\x1b"))
)
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
        "[a](https://" * 830,
        "[a](<b>)" * 1_250,
        "[" * 10_000,
        "a<:x:1>" * 1_430,
        "a<:x:" * 2_000,
        "a**b**" * 1_660,
        "a" + "\u200b" * 10_000 + "!",
        "<@1" * 3_300,
        "[a](" + "x" * 5_000 + "](" * 2_500,
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
        ("k\u034fi\u2067ll \u0445", "kill x"),
        ("k\x07ill", "kill"),
        ("ki<:x:1>ll", "kill"),
        ("ki<t:1:R>ll", "kill"),
        ("ki<@1>ll", "kill"),
        ("k||i||ll", "kill"),
        ("k**i**ll", "kill"),
        ("**ki**ll", "kill"),
        ("k[i](<https://a.example>)ll", "kill https://a.example"),
        ("[ki](https://a.example)[ll](https://a.example)", "kill https://a.example https://a.example"),
        ("k[\u200b](<https://a.example>)ill", "kill https://a.example"),
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
        "a **bold** word, an *italic* one, ||a spoiler||, `code`",
        "see [the rules](https://a.example), please",
        "hello <:wave:1> there <@12>, at <t:5:R>",
        "\u4eca\u65e5<:x:1>\u306f[\u30ea\u30f3\u30af](https://a.example)\u3067\u3059",
        "snake_case_name and C:\\Users\\me",
        "f*ck this s**t",
        "",
    ],
)
def test_ordinary_writing_is_no_disguise(text: str) -> None:
    """Accents, capitals, stretched words, addresses, flags and other scripts stay as they are."""
    assert undisguised(text) == ""


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("g0 k1ll it", "go kill it"),
        ("d0 n0t", "do not"),
        ("m3 k1ll", "me kill"),
        ("the m3 is at b3", "the m3 is at b3"),
        ("s0da", "soda"),
    ],
)
def test_short_words_with_signs_are_read_beside_longer_ones(text: str, folded: str) -> None:
    """A text that has signs for letters in one word has them in its short words too; elsewhere a name stays."""
    assert fold(text) == folded
