"""The port to the moderators' channel, and its answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from bot.languages.translation import Line, _, said
from bot.moderation.cards.face import CardFace
from bot.moderation.cards.route import Route
from bot.moderation.cards.shared_card import GroupFace
from bot.moderation.cases.case import Case
from bot.moderation.servers.server import ServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPosted:
    """Discord took the card."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRefused:
    """Discord did not take the card. `why` is a plain sentence that an admin can act on."""

    why: str
    permanent: bool  #: True if a retry can't work until an admin changes something
    only_this_card: bool = False  #: True if the channel may accept other cards


class CardBoard(Protocol):
    """Shows cases to moderators. Doesn't raise when Discord refuses."""

    async def post(
        self, face: CardFace, settings: ServerSettings, route: Route | None = None
    ) -> CardPosted | CardRefused:
        """Post the card of a case; without a route, in the review channel. Idempotent within minutes: calling it again
        for the same case posts no second card."""

    async def refresh(self, face: CardFace) -> bool:
        """Edit the posted card to show the case as it is now; False if the card is gone."""

    async def redraw(self, face: CardFace) -> bool:
        """Refresh a card that quotes deleted text: False if Discord refuses for now and the card has to be edited
        later. True for a card that is gone."""

    async def post_group(self, face: GroupFace, settings: ServerSettings, route: Route) -> CardPosted | CardRefused:
        """Post a card that shows many cases."""

    async def refresh_group(self, face: GroupFace) -> bool:
        """Edit such a card; False if it is gone."""

    async def tell_admin(self, guild_id: int, text: str, **values: object) -> None:
        """Tell the server's owner about a problem by direct message; if that fails, write it to the log.

        Args:
            text: in English; with its values, it is said in the server's language.
        """

    async def tell_moderators(self, settings: ServerSettings, line: Line, **values: object) -> None:
        """Post a line in the moderators' channel, in the server's language. Tried once and never retried.

        Args:
            line: a marked text with its values, or a function that renders it, called with the server's language set.
        """


@dataclass(slots=True)
class MemoryBoard:
    """For tests: a board that keeps what it was shown. While `refusal` is set, it is the answer."""

    posted: list[Case] = field(default_factory=list)
    refreshed: list[Case] = field(default_factory=list)
    faces: list[CardFace] = field(default_factory=list)  #: everything that was posted or refreshed, in order
    told: list[tuple[int, str]] = field(default_factory=list)
    routes: list[Route | None] = field(default_factory=list)  #: of every card and shared card posted
    groups: list[GroupFace] = field(default_factory=list)  #: every shared card as posted or edited, in order
    closed_channels: set[int] = field(default_factory=set)  #: channels that refuse everything
    refused_cases: dict[int, CardRefused] = field(default_factory=dict)  #: numbers of cases whose cards are refused
    group_refusal: CardRefused | None = None  #: the answer to shared cards while it is set
    turns: int = 0  #: turns of the event loop that a post takes
    asked: int = 0  #: how often posting a card was attempted
    refusal: CardRefused | None = None
    cards_gone: bool = False  #: simulates that every card was deleted

    async def post(
        self, face: CardFace, settings: ServerSettings, route: Route | None = None
    ) -> CardPosted | CardRefused:
        """Keep the case, or refuse."""
        self.asked += 1
        await self._take_time()
        channel_id = route.channel_id if route else settings.review_channel_id
        refusal = self._refusal(channel_id) or self.refused_cases.get(face.case.number)
        if refusal:
            return refusal
        self.posted.append(face.case)
        self.faces.append(face)
        self.routes.append(route)
        return CardPosted(channel_id=channel_id, message_id=9_000 + face.case.number)

    async def refresh(self, face: CardFace) -> bool:
        """Keep the case as it is shown now."""
        if self.cards_gone:
            return False
        self.refreshed.append(face.case)
        self.faces.append(face)
        return True

    async def redraw(self, face: CardFace) -> bool:
        """Keep the case as it is shown now, or refuse."""
        if self.refusal is not None:
            return False
        await self.refresh(face)
        return True

    async def post_group(self, face: GroupFace, settings: ServerSettings, route: Route) -> CardPosted | CardRefused:
        """Keep the shared card, or refuse."""
        del settings
        await self._take_time()
        refusal = self._refusal(route.channel_id) or self.group_refusal
        if refusal:
            return refusal
        self.groups.append(face)
        self.routes.append(route)
        return CardPosted(channel_id=route.channel_id, message_id=19_000 + face.group.id)

    async def refresh_group(self, face: GroupFace) -> bool:
        """Keep the shared card as it is shown now."""
        if self.cards_gone:
            return False
        self.groups.append(face)
        return True

    async def _take_time(self) -> None:
        for _turn in range(self.turns):
            await asyncio.sleep(0)

    def _refusal(self, channel_id: int) -> CardRefused | None:
        if channel_id in self.closed_channels:
            return CardRefused(why="The channel was deleted.", permanent=True)
        return self.refusal

    async def tell_admin(self, guild_id: int, text: str, **values: object) -> None:
        """Keep what an admin is told."""
        self.told.append((guild_id, _(text, **values)))

    async def tell_moderators(self, settings: ServerSettings, line: Line, **values: object) -> None:
        """Keep what the moderators are told."""
        self.told.append((settings.guild_id, said(line, **values)))

    async def tell(self, guild_id: int, line: Line) -> None:
        """The same, for callers that only know the server's id."""
        self.told.append((guild_id, said(line)))
