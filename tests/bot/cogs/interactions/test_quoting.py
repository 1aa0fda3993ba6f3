"""Text from outside is shown as text. An independent renderer, SimCord's, says what a reader would see."""

from __future__ import annotations

import string
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from simcord.preview._markdown import markdown_tokens

from bot.cogs.interactions.quoting import LINES_SHOWN, MARKS_SHOWN, as_quote, fenced, on_one_line, units
from bot.keys import UNREADABLE
from bot.languages.language import Language
from bot.languages.translation import speaking

CONTEXT = {
    "users": {"1": "x"}, "roles": {"2": "x"}, "channels": {"3": "x"}, "commands": {"4": "setup"}, "everyone": True,
    "emojis": {"5": {"name": "blob", "animated": False}},
}  # fmt: skip
MARKUP = [
    "@everyone", "@here", "<@1>", "<@!1>", "<@&2>", "<#3>", "</setup:4>", "<:blob:5>", "<t:1:R>", "||", "**", "__",
    "~~", "`", "```", "# ", "-# ", "> ", ">>> ", "- ", "* ", "1. ", "\n", "[x](https://evil.example)", "https://evil.example",
    "\\", "<https://evil.example>", "|a|\n|-|", "===", "---", "&lt;", "<b>", "\u202e", "\u2066", "\u200b", "z\u0336",
    "   ", "\t", "word",
]  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=8)), max_size=25).map("".join)


def leaves(tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tokens that show something."""
    return [leaf for token in tokens for leaf in ([token] if "children" not in token else leaves(token["children"]))]


def blocks(tokens: list[dict[str, Any]]) -> set[str]:
    """The kinds of blocks, at whatever depth."""
    return {kind for token in tokens if "children" in token for kind in (token["type"], *blocks(token["children"]))}


@given(hostile)
@example("a\n-# small print")
@example("# heading\n1. list\n- list\n> quote")
def test_a_quote_is_a_quote_and_holds_nothing_but_text(text: str) -> None:
    """No mention, link, emoji, spoiler, heading, list or code comes out of it, whatever goes in."""
    tokens = markdown_tokens(as_quote(text, 1_000).text, "text_display", context=CONTEXT)
    assert {token["type"] for token in leaves(tokens)} <= {"text", "break"}
    assert blocks(tokens) <= {"blockquote", "paragraph", "inline"}
    assert [token["type"] for token in tokens] == ["blockquote"]


@given(hostile)
def test_a_line_is_one_line_of_text(text: str) -> None:
    """The same behind words of ours; and no line end gets in."""
    line = on_one_line(text, 300)
    assert "\n" not in line
    tokens = markdown_tokens(f"Why: {line}", "text_display", context=CONTEXT)
    assert {token["type"] for token in leaves(tokens)} <= {"text", "break"}
    assert blocks(tokens) <= {"paragraph", "inline"}


@given(st.text(alphabet=string.ascii_letters + string.digits + string.punctuation, max_size=300))
def test_what_can_be_seen_is_shown_as_it_was_written(text: str) -> None:
    """A reader sees every character, and can copy it."""
    tokens = leaves(markdown_tokens(as_quote(text, 1_000).text, "text_display", context=CONTEXT))
    assert "".join(token.get("content", "") for token in tokens).strip("\u00a0") == text


@given(st.text(max_size=400), st.integers(min_value=40, max_value=500))
def test_the_limit_holds_and_nothing_is_dropped_in_silence(text: str, limit: int) -> None:
    """In UTF-16 units; whatever is cut from the end is counted."""
    shown = as_quote(text, limit)
    assert units(shown.text) <= limit
    assert shown.text.count("\n") < LINES_SHOWN
    assert 0 <= shown.left_out <= len(text)
    assert units(on_one_line(text, limit)) <= limit


@given(hostile)
def test_nothing_hides_and_nothing_turns_the_direction(text: str) -> None:
    """No control character, direction mark or zero-width space is left; joiners only inside words and emoji."""
    for shown in (as_quote(text, 1_000).text.replace("\n", ""), on_one_line(text, 1_000).strip("\u2068\u2069")):
        left = {unicodedata.category(character) for character in shown if character not in "\u200c\u200d"}
        assert left.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202etxet", "⟨U+202E⟩txet"),
        ("\u200b\u200b\u200b", "⟨3 hidden characters⟩"),
        ("\u3164", "⟨U+3164⟩"),
        ("a\u200db", "a\u200db"),
        ("\u200d", "⟨U+200D⟩"),
        ("👩\u200d❤\ufe0f\u200d👩", "👩\u200d❤\ufe0f\u200d👩"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f"),
        ("a\U000e0067\U000e0062", "a⟨2 hidden characters⟩"),
        ("a" + " " * 500 + "b", "a⟨500 spaces⟩b"),
        ("\ud800", "⟨U+D800⟩"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_cannot_be_seen_is_named(text: str, shown: str) -> None:
    """Moderators see that there was something; what belongs into words and emoji stays."""
    assert as_quote(text, 500).text == f"> {shown}"


def test_zalgo_is_tamed_and_counted() -> None:
    """Marks up to what real scripts need stay; the rest would cover the card."""
    shown = as_quote("z" + "\u0336" * 30 + "a", 500)
    assert (shown.text.count("\u0336"), shown.marks_left_out, shown.left_out) == (MARKS_SHOWN, 30 - MARKS_SHOWN, 0)


def test_many_lines_are_cut_and_counted() -> None:
    """A card stays a card; a heap of blank lines counts as one."""
    shown = as_quote("\n".join("abc" for _ in range(100)), 5_000)
    assert shown.text.count("\n") == LINES_SHOWN - 1
    assert shown.left_out == 4 * (100 - LINES_SHOWN)
    assert as_quote("a\n\n\n \n\nb", 500).text == "> a\n> \u00a0\n> b"


def test_the_start_of_a_line_stays_where_it_was() -> None:
    """Indented text is indented, and is not taken for code."""
    assert as_quote("a\n    b", 500).text == "> a\n> \u00a0\u00a0\u00a0\u00a0b"


def test_right_to_left_names_keep_to_themselves() -> None:
    """Words of ours around a Hebrew name stay in their order."""
    assert on_one_line("שלום", 50) == "\u2068שלום\u2069"
    assert on_one_line("hello", 50) == "hello"


def test_a_cut_line_says_so() -> None:
    """An ellipsis, and never half an escape."""
    assert on_one_line("*" * 50, 12) == "\\*" * 5 + "…"


@given(hostile)
@example("a\n```\n# b")
@example("a\n````\n# b")
def test_a_code_block_cannot_be_left(text: str) -> None:
    """Admins' own texts are shown line by line; no fence inside ends the block."""
    tokens = markdown_tokens(fenced(text), "message", context=CONTEXT)
    assert [token["type"] for token in tokens] == ["code_block"]
    assert fenced("a\u202eb", "diff") == "```diff\na⟨U+202E⟩b\n```"


@pytest.mark.parametrize("length", range(3, 13))
def test_no_run_of_backticks_ends_a_code_block(length: int) -> None:
    """However long it is: what is left of a run never makes a fence of its own."""
    shown = fenced(f"a\n{'`' * length}\n# b")
    assert shown.count("```") == 2
    assert [token["type"] for token in markdown_tokens(shown, "message", context=CONTEXT)] == ["code_block"]
    assert shown.count("`") == length + 6


LONG = {
    "one-letter lines": "a\n" * 14_000,
    "blank lines": "a\n\n\n" * 5_000,
    "one line": "a" * 14_000,
    "Cyrillic": "я" * 14_000,
    "spaces": "a" + " " * 14_000 + "b",
    "single spaces": " a" * 7_000,
    "hidden characters": "\u200b" * 14_000,
    "hidden ones between letters": "\u200b \u200ba" * 3_500,
    "stacked marks": "z" + "\u0336" * 14_000,
    "punctuation": "`*_~|" * 2_800,
    "joined emoji": "👩\u200d" * 7_000,
    "carriage returns": "a\r\n" * 5_000,
}


def seconds(work: Callable[[], object]) -> float:
    """The processor's time for the work, at its best of a few times."""
    times = []
    for _ in range(5):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_texts_are_quoted_in_no_time(text: str) -> None:
    """The event loop serves all servers: one member's text must not hold it up, whatever it is made of."""
    assert seconds(lambda: as_quote(text, 700)) < 0.005
    assert seconds(lambda: on_one_line(text, 110)) < 0.005


def test_a_quote_ends_with_the_first_line_that_does_not_fit() -> None:
    """What is behind it is counted, and not looked at."""
    shown = as_quote("\n".join(["a"] * 14_000), 60)
    assert shown.text.split("\n") == ["> a"] * 15
    assert shown.left_out == 2 * (14_000 - 15)
    assert as_quote("short\n" + "long " * 20 + "\nshort", 40).text.count("\n") == 1


def test_a_line_that_is_nearly_all_hidden_says_that_it_was_cut() -> None:
    """What is too far behind to be looked at is missing, and an ellipsis says so."""
    assert on_one_line("\u200b" * 3_000 + "word", 100) == "⟨2,000 hidden characters⟩…"
    assert on_one_line(" " * 3_000 + "word" + " " * 3_000, 100) == "word"


def test_what_is_named_is_named_in_the_readers_language() -> None:
    """Runs of spaces and hidden characters, and a text that the present key does not open."""
    with speaking(Language.GERMAN):
        assert on_one_line("a" + "\u200b" * 1_200, 100) == "a⟨1.200 unsichtbare Zeichen⟩"
        assert as_quote("a" + " " * 20 + "b", 100).text == "> a⟨20 Leerzeichen⟩b"
        assert on_one_line(UNREADABLE, 100).startswith("\\(Dieser Text ist mit dem jetzigen Schlüssel nicht lesbar")
        assert as_quote(UNREADABLE, 100).text.startswith("> \\(Dieser Text ist mit dem")
    assert as_quote(UNREADABLE, 100).text.startswith("> \\(This text cannot be read")
