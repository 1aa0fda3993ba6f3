"""Who one is, where, and what is shown beside it."""

from __future__ import annotations

from importlib.resources import files

import pytest

from bot.cogs.policies.editor import NAME_LIMIT
from bot.sandbox.world.places import PEOPLE, ROOMS, Whereabouts, may_read, room


def test_everybody_can_be_somewhere() -> None:
    """An admin, a moderator and two members, each with a room; only members have direct messages."""
    assert [person.role for person in PEOPLE] == ["admin", "moderator", "member", "member"]
    assert all(any(person.key in place.people for place in ROOMS) for person in PEOPLE)
    assert {place.of_member for place in ROOMS} == {None, "ana", "nova"}


def test_switching_goes_to_the_other_side_and_back() -> None:
    """From a member's room to the moderators' channel as a moderator, and back as a member."""
    at = Whereabouts()
    there = at.switched()
    assert (there.person, there.room, there.aside) == ("omar", "mod-desk", "general")
    assert there.switched() == at


def test_one_is_never_where_one_cannot_be() -> None:
    """Choosing a member while in the moderators' channel leads to a room of theirs; the other side is beside it."""
    at = Whereabouts(person="omar", room="mod-desk", aside="general").entering("nova", "mod-desk")
    assert (at.person, at.room, at.aside) == ("nova", "general", "mod-desk")
    assert may_read(at.person, at.room)
    assert not may_read("nova", "dm-ana")


def test_direct_messages_have_one_reader() -> None:
    """Switching to somebody's direct messages makes one that member."""
    at = Whereabouts(person="omar", room="mod-desk", aside="dm-nova").switched()
    assert (at.person, at.room, at.aside) == ("nova", "dm-nova", "mod-desk")


def test_any_room_can_be_watched() -> None:
    """Also the one where somebody is, whose messages have menus there."""
    assert Whereabouts().looking_at("general").aside == "general"
    for wrong in ("nowhere", ""):
        with pytest.raises(KeyError):
            Whereabouts().looking_at(wrong)
        with pytest.raises(KeyError):
            room(wrong)


def test_the_page_takes_names_as_long_as_the_command_does() -> None:
    """Nobody types a name that is refused for its length."""
    page = (files("bot.sandbox") / "web" / "index.html").read_text(encoding="utf-8")
    assert f'id="policy-name" maxlength="{NAME_LIMIT}"' in page
