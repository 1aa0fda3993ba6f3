"""What a terminal shows of the bot's messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.interactions.quoting import as_quote, on_one_line
from bot.console.screen.markup import plain, rendered
from bot.console.screen.output import terminal_text


def nobody(_: int) -> str | None:
    """Knows no names."""
    return None


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("### 🔴 High severity", "🔴 High severity"),
        ("-# small print", "small print"),
        ("> quoted", "│ quoted"),
        ("- item", "• item"),
        ("**bold** and `code`", "bold and code"),
        ("[open the message](https://discord.com/channels/1/2/3)", "open the message"),
        ("<@1> in <#2> by <@&3>", "@unknown in #unknown by @unknown"),
        ("<t:0:f>", "1 Jan 1970 00:00"),
        ("<t:999999999999:R>", "some time"),
        (r"\*\*not bold\*\* \<\@1\> \\", "**not bold** <@1> \\"),
        ("```diff\n+ **as it is** <@1>\n```\n**after**", "+ **as it is** <@1>\nafter"),
        ("\x1b[31m\u202e", r"\x1b[31m\u202e"),
    ],
)
def test_markup_is_shown_as_discord_shows_it(source: str, shown: str) -> None:
    """Each piece that the bot's messages use."""
    assert plain(source, nobody) == shown


def test_names_stand_for_ids() -> None:
    """Where a name is known."""
    assert plain("<@5>", {5: "Ana"}.get) == "@Ana"


def test_bold_is_bold() -> None:
    """And what follows is not."""
    spans = rendered("**a** b", nobody).spans
    assert any("bold" in str(span.style) for span in spans)


@given(st.text(alphabet=st.characters(exclude_categories=["C", "M", "Z"]), min_size=1, max_size=60))
def test_content_on_a_card_shows_as_it_was_written(text: str) -> None:
    """Whatever a member writes, the card quotes it as plain text, and so does the terminal."""
    assert plain(as_quote(text, 4_000).text, nobody) == f"│ {text}"
    assert text in plain(on_one_line(text, 4_000), nobody)


@given(st.text(max_size=200))
def test_nothing_moves_the_cursor(text: str) -> None:
    """No control character but the line break reaches the terminal, whatever is shown."""
    for shown in (plain(text, nobody), terminal_text(text)):
        assert not any(character < " " for character in shown.replace("\n", ""))
        assert "\x9b" not in shown
