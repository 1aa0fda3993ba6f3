"""How the files of a message are listed: on its card, below hidden words, and in files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.cogs.cards.card import is_cut, render_card
from bot.cogs.cards.card_files import written_files
from bot.cogs.cards.context import words_of
from bot.cogs.messages.pictures import is_discords
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.attached_file import AttachedFile, NotRead
from tests.bot.cogs.cards.views import text_of

PICTURE = AttachedFile(
    name="prize.png",
    kind="image/png",
    size=48_200,
    url="https://cdn.discordapp.com/attachments/1/2/prize.png?ex=1",
    description="Win a *prize* at https://evil.example @everyone",
    not_read=NotRead.NO_TEXT,
)


def with_files(face: CardFace, *files: AttachedFile) -> CardFace:
    """The face of a case whose message has these files."""
    return replace(face, case=replace(face.case, evidence=replace(face.case.evidence, files=files)))


async def test_a_card_names_type_size_link_and_description(face_factory: Callable[..., CardFace]) -> None:
    """Alt text is the member's own: it is escaped, so that it forms no mark-up, no link and no mention."""
    said = text_of(render_card(with_files(face_factory(), PICTURE)))
    assert r"- prize\.png, image\/png, 48.2 KB, [open](https://cdn.discordapp.com/attachments/1/2/prize.png" in said
    assert r"-# Described as: Win a \*prize\* at https\:\/\/evil\.example \@everyone" in said


async def test_a_spoiler_stays_one(face_factory: Callable[..., CardFace]) -> None:
    """What describes a file that its author hid is hidden, and bars in it cannot end that."""
    hidden = replace(PICTURE, name="SPOILER_end.png", description="he || dies")
    assert r"-# Described as: ||he \|\| dies||" in text_of(render_card(with_files(face_factory(), hidden)))


async def test_a_long_description_is_cut(face_factory: Callable[..., CardFace]) -> None:
    """Discord takes 1,024 characters; a card shows a line of them."""
    said = text_of(render_card(with_files(face_factory(), replace(PICTURE, description="a" * 1_024))))
    (line,) = [line for line in said.split("\n") if "Described as" in line]
    assert len(line) < 150
    assert line.endswith("…")


async def test_a_card_that_discord_refuses_for_its_words_quotes_no_names(face_factory: Callable[..., CardFace]) -> None:
    """Names, links and descriptions are words of the member, too."""
    said = text_of(render_card(replace(with_files(face_factory(), PICTURE), quotes=False)))
    assert "- a file, image\\/png, 48.2 KB" in said
    assert "prize" not in said


async def test_files_that_find_no_place_are_in_the_whole_text(face_factory: Callable[..., CardFace]) -> None:
    """The card says how many there are; the text file lists every one, each on a line that no name can break."""
    face = with_files(face_factory(), *[PICTURE] * 5, replace(PICTURE, name="a\n- forged.png"))
    assert "and 2 more files: /case show" in text_of(render_card(face))
    assert is_cut(face)
    written = written_files(face.case.evidence)
    assert written.count("\n- ") == 6
    assert "- a - forged.png, image/png, 48200 bytes, https://cdn.discordapp.com" in written.replace("48,200", "48200")
    assert "described as: Win a *prize*" in written


async def test_hidden_words_come_with_the_description(face_factory: Callable[..., CardFace]) -> None:
    """Who asks to see the words of a case sees what was written about its pictures as well."""
    said = words_of(with_files(face_factory(), PICTURE).case).text
    assert r"-# File: prize\.png" in said
    assert r"-# Described as: Win a \*prize\*" in said


@pytest.mark.parametrize(
    "url", ["http://cdn.discordapp.com/a", "javascript:alert(1)", "https://[cdn.discordapp.com/a", ""]
)
async def test_only_addresses_of_the_web_are_linked(face_factory: Callable[..., CardFace], url: str) -> None:
    """What is no such address is left out, and the card is shown all the same."""
    said = text_of(render_card(with_files(face_factory(), replace(PICTURE, url=url))))
    (line,) = [line for line in said.split("\n") if "prize" in line and "KB" in line]
    assert "[open]" not in line


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1", True),
        ("https://media.discordapp.net/attachments/1/2/a.png", True),
        ("https://CDN.discordapp.com/a.png", True),
        ("https://cdn.discordapp.com:8443/a.png", False),
        ("https://cdn.discordapp.com.evil.example/a.png", False),
        ("https://evil.example/cdn.discordapp.com/a.png", False),
        ("https://me@cdn.discordapp.com/a.png", False),
        ("https://127.0.0.1/a.png", False),
        ("//cdn.discordapp.com/a.png", False),
        ("https://[cdn.discordapp.com/a.png", False),
    ],
)
async def test_pictures_come_from_discords_file_servers(url: str, is_so: bool) -> None:
    """And from no other machine, whatever an address looks like."""
    assert is_discords(url) is is_so
