"""Who and what a scope covers: a preview of all channels and roles of a server, even hundreds of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from guild_policies.scope import Author, Place, Scope, covers

_ANY_MEMBER = Author()
_ANY_TIME = datetime.max.replace(tzinfo=UTC)


class PlaceKind(StrEnum):
    """What a place of a server is."""

    CATEGORY = "category"
    CHANNEL = "channel"  #: text, announcements, voice or stage
    FORUM = "forum"
    THREAD = "thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlace:
    """A channel, category, forum or thread of a server."""

    id: int
    name: str
    kind: PlaceKind = PlaceKind.CHANNEL
    parent_id: int | None = None  #: a channel's category, a thread's channel or forum


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRole:
    """A role of a server."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageOfCategory:
    """Which part of a category is covered. `category` is None for channels without one."""

    category: ServerPlace | None
    covered: tuple[ServerPlace, ...]
    left_out: tuple[ServerPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Who and where is covered, in the order of the channels that were given. Categories stay together, so that 500
    channels fit into a few lines."""

    categories: tuple[CoverageOfCategory, ...]
    exempt_roles: tuple[ServerRole, ...]
    judges_bots: bool
    newcomer_days: int | None
    missing: tuple[int, ...]  #: ids that the scope names and the server does not have, or no longer has
    hidden: int = 0  #: channels that the judge's bot cannot see: nothing is judged there
    named_hidden: int = 0  #: of them, those that the scope names

    @property
    def covered(self) -> tuple[ServerPlace, ...]:
        """Every channel, forum and thread in which messages are judged."""
        return tuple(place for each in self.categories for place in each.covered)

    @property
    def left_out(self) -> tuple[ServerPlace, ...]:
        """Every other one."""
        return tuple(place for each in self.categories for place in each.left_out)


def who_is_covered(
    scope: Scope, places: Iterable[ServerPlace], roles: Iterable[ServerRole], *, hidden: Collection[int] = ()
) -> Preview:
    """Preview a scope. Each thread counts by itself, with what it inherits; categories only group.

    Args:
        hidden: the ids of channels that cannot be seen. They exist, but nothing is known of them.
    """
    known = {place.id: place for place in places}
    groups: dict[int | None, tuple[list[ServerPlace], list[ServerPlace]]] = defaultdict(lambda: ([], []))
    for place in known.values():
        if place.kind is not PlaceKind.CATEGORY:
            position = _place(place, known)
            applies = covers(scope, position, _ANY_MEMBER, at=_ANY_TIME) is None
            groups[position.category_id][0 if applies else 1].append(place)
    named = {role.id: role for role in roles}
    wanted = scope.only_in | scope.not_in
    return Preview(
        categories=tuple(
            CoverageOfCategory(
                category=known.get(category_id) if category_id is not None else None,
                covered=tuple(covered),
                left_out=tuple(left_out),
            )
            for category_id, (covered, left_out) in groups.items()
        ),
        exempt_roles=tuple(role for role in named.values() if role.id in scope.exempt_roles),
        judges_bots=scope.judges_bots,
        newcomer_days=scope.newcomer_days,
        missing=tuple(sorted((wanted - set(known) - set(hidden)) | (scope.exempt_roles - set(named)))),
        hidden=len(set(hidden)),
        named_hidden=len(wanted & set(hidden)),
    )


def _place(place: ServerPlace, known: dict[int, ServerPlace]) -> Place:
    parent = known.get(place.parent_id) if place.parent_id is not None else None
    if place.kind is not PlaceKind.THREAD:
        return Place(channel_id=place.id, category_id=place.parent_id)
    return Place(channel_id=place.id, parent_id=place.parent_id, category_id=parent.parent_id if parent else None)
