"""The people and rooms of the simulated server that the page offers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import simcord

from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation


class Side(StrEnum):
    """The two sides of moderation."""

    MEMBERS = "members"
    MODERATORS = "moderators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person that the user can play."""

    key: str  #: their name in the simulated server
    role: str
    side: Side

    @property
    def name(self) -> str:
        """The name as Discord shows it."""
        return self.key.title()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel of the server, or a member's direct messages with Bylaw."""

    key: str
    name: str
    people: tuple[str, ...]  #: keys of the people who can be there
    of_member: str | None = None  #: owner of the direct messages


PEOPLE = (
    Person(key=scene.OWNER, role="admin", side=Side.MODERATORS),
    Person(key=scene.MODERATOR, role="moderator", side=Side.MODERATORS),
    Person(key="ana", role="member", side=Side.MEMBERS),
    Person(key="nova", role="member", side=Side.MEMBERS),
)
_MEMBERS = tuple(person.key for person in PEOPLE if person.side is Side.MEMBERS)
_EVERYBODY = (*_MEMBERS, scene.MODERATOR, scene.OWNER)

ROOMS = (
    Place(key="general", name="#general", people=_EVERYBODY),
    Place(key="film-club", name="#film-club", people=_EVERYBODY),
    Place(key=scene.REVIEW_CHANNEL, name=f"#{scene.REVIEW_CHANNEL}", people=(scene.MODERATOR, scene.OWNER)),
    *(
        Place(key=f"dm-{member}", name=f"{member.title()}’s direct messages", people=(member,), of_member=member)
        for member in _MEMBERS
    ),
)


def person(key: str) -> Person:
    """The person with this key.

    Raises:
        KeyError: there is none.
    """
    return {each.key: each for each in PEOPLE}[key]


def room(key: str) -> Place:
    """The room with this key.

    Raises:
        KeyError: there is none.
    """
    return {each.key: each for each in ROOMS}[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The current person, their room, and the room shown next to it."""

    person: str = "ana"
    room: str = "general"
    aside: str = scene.REVIEW_CHANNEL

    def entering(self, person_key: str, room_key: str) -> Whereabouts:
        """Become this person in this room, or in the nearest one where they can be. The other side is shown next to it.

        Raises:
            KeyError: there is no such person or room.
        """
        who, where = person(person_key), room(room_key)
        if who.key not in where.people:
            where = next(each for each in ROOMS if who.key in each.people)
        mods = where.key == scene.REVIEW_CHANNEL
        aside = self.aside
        if aside == where.key or who.side is not person(self.person).side:
            aside = "general" if mods else scene.REVIEW_CHANNEL
        return Whereabouts(person=who.key, room=where.key, aside=aside)

    def switched(self) -> Whereabouts:
        """Switch sides: swap the room with the one shown next to it."""
        other = room(self.aside)
        stays = self.person in other.people and self.aside != scene.REVIEW_CHANNEL and other.of_member is None
        who = self.person if stays and person(self.person).side is Side.MEMBERS else other.people[0]
        return Whereabouts(person=who, room=other.key, aside=self.room)

    def looking_at(self, room_key: str) -> Whereabouts:
        """Show this room next to the current one.

        Raises:
            KeyError: there is no such room.
        """
        return Whereabouts(person=self.person, room=self.room, aside=room(room_key).key)


def channel_of(simulation: Simulation, key: str) -> simcord.ChannelHandle:
    """The channel behind a room."""
    member = room(key).of_member
    return simulation.people[member].user.dm_channel if member else simulation.channels[key]


def actor_in(simulation: Simulation, person_key: str, room_key: str) -> simcord.MemberActor | simcord.UserHandle:
    """The actor there: a member of the server, or the user in their direct messages."""
    actor = simulation.people[person_key]
    return actor.user if room(room_key).of_member else actor


def may_read(person_key: str, room_key: str) -> bool:
    """Can this person see the room in Discord?"""
    return person_key in room(room_key).people
