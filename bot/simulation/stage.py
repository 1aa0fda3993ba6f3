"""Performs what people do in the simulated server, and reports each step. Nothing is faked: the real bot answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import discord
import simcord

from bot.simulation import story as scene
from bot.simulation.components import answers, case_number, text_inputs, texts, usable
from bot.simulation.seen import Asked, BotWrote, CardSeen, Event, Narrated, NewAct, Posted, Show
from bot.simulation.simulated_server import Simulation
from bot.simulation.story import Kind, Post

Pause = Callable[[Event], float]  #: seconds that an event takes to read


class Refused(Exception):
    """The bot didn't do what the story needs. The text is its reply."""


@dataclass(slots=True)
class Stage:
    """The server, and its audience."""

    simulation: Simulation
    show: Show
    pause: Pause = lambda _: 0.0
    cards: dict[int, discord.Message] = field(default_factory=dict)  #: number of a case -> its card, as last seen
    _posts: int = 0
    _read_at: float = 0.0  #: when the last event has been read, on the monotonic clock
    _messages: dict[str, discord.Message] = field(default_factory=dict)  #: by the labels of the posts
    _looks: dict[int, str] = field(default_factory=dict)  #: id of a message of the bot -> how it last looked

    async def tell(self, event: Event) -> None:
        """Show an event, after a pause to read the previous one. The bot works meanwhile."""
        left = self._read_at - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
        self.show(event)
        self._read_at = time.monotonic() + self.pause(event)

    async def act(self, title: str) -> None:
        """Begin the next part."""
        await self.tell(NewAct(title=title))

    async def narrate(self, text: str) -> None:
        """Say something between two events."""
        await self.tell(Narrated(text=text))

    async def post(self, post: Post, *, watched: bool = True) -> int | None:
        """Let a member post. Returns the number of the first resulting case.

        Args:
            watched: False while the bot is down, and for simultaneous posts: then don't wait for the bot.
        """
        self._posts += 1
        message = await self._send(post)
        self._messages[post.label or str(self._posts)] = message
        posted = Posted(
            number=self._posts,
            kind=post.kind,
            by=message.author.display_name,
            channel=self.simulation.name_of(message.channel.id) or "",
            text=post.file or (post.text if post.kind is Kind.EDIT else _text_of(message)),
            note=post.note,
        )
        await self.tell(posted)
        return await self.look() if watched else None

    async def look(self) -> int | None:
        """Wait for the bot and show what is new in the moderators' channel. Returns the number of the first new
        case."""
        await self.simulation.settle()
        known = set(self.cards)
        for message in self._own(self.review_channel()):
            await self._look_at(message, f"#{scene.REVIEW_CHANNEL}")
        return min(set(self.cards) - known, default=None)

    async def direct_messages(self, name: str) -> discord.Message | None:
        """Show what the bot sent to a member. Returns the newest such message."""
        channels = self.simulation.env.backend.dm_channels
        person = self.simulation.people[name]
        if person.id not in channels:
            return None
        found = self._own(person.user.dm_channel.history())
        for message in found:
            await self._look_at(message, f"{name.title()}'s direct messages")
        return found[-1] if found else None

    async def command(
        self, by: str, name: str, /, *, in_channel: str = scene.CHANNELS[0], **options: Any
    ) -> simcord.InteractionResult:
        """A slash command."""
        result = await self.simulation.people[by].slash(self.simulation.channels[in_channel], name, **options)
        given = " ".join(f"{option}:{getattr(value, 'name', value)}" for option, value in options.items())
        await self._answered(result, by=by, what=f"/{name} {given}".strip())
        return result

    async def click(
        self, by: str, message: discord.Message | simcord.ResponseMessage, label: str
    ) -> simcord.InteractionResult:
        """A button in the server."""
        result = await self.simulation.people[by].click(message, label=label)
        await self._answered(result, by=by, what=f"clicks {label}")
        return result

    async def click_in_private(self, by: str, message: discord.Message, label: str) -> simcord.InteractionResult:
        """A button in somebody's direct messages."""
        result: simcord.InteractionResult = await self.simulation.people[by].user.click(message, label=label)
        await self._answered(result, by=by, what=f"clicks {label} below that message")
        return result

    async def submit(
        self,
        by: str,
        form: simcord.InteractionResult,
        *wrote: str,
        chosen: dict[str, Any] | None = None,
        in_private: bool = False,
    ) -> simcord.InteractionResult:
        """Fill in and submit a form.

        Args:
            by: the person.
            form: the reply that opened the form.
            wrote: values of its text fields, from the top.
            chosen: choices in other fields, by their ids.
            in_private: the form was opened from direct messages.

        Raises:
            Refused: the bot opened no form.
        """
        if form.modal is None:
            raise Refused("\n".join(answers(form)) or "there was no form")
        person = self.simulation.people[by]
        values = dict(zip(text_inputs(form.modal), wrote, strict=False)) | (chosen or {})
        result: simcord.InteractionResult = await (person.user if in_private else person).submit_modal(form, values)
        what = f"fills in “{form.modal['title']}”"
        await self._answered(result, by=by, what=what, wrote="\n".join(wrote))
        return result

    async def choose(self, by: str, menu: str, label: str) -> None:
        """A context menu on an older message of the story."""
        message = self._messages[label]
        channel = next(each for each in self.simulation.channels.values() if each.id == message.channel.id)
        result = await self.simulation.people[by].context_menu(channel, menu, message)
        await self._answered(result, by=by, what=f"chooses “{menu}” on the older message “{message.content}”")

    def with_button(self, label: str) -> discord.Message | None:
        """The newest message in the moderators' channel that has this button."""
        for message in reversed(self.review_channel()):
            if label in usable([component.to_dict() for component in message.components]):
                return message
        return None

    def review_channel(self) -> list[discord.Message]:
        """The messages in the moderators' channel, oldest first."""
        channel = self.simulation.channels[scene.REVIEW_CHANNEL]
        return channel.history(viewer=self.simulation.people[scene.OWNER])

    async def _answered(self, result: simcord.InteractionResult, *, by: str, what: str, wrote: str = "") -> None:
        await self.simulation.settle()
        is_card = result.response is not None and result.response.id in self._looks
        answer = () if is_card else tuple(answers(result))  # a changed card is shown as a change
        await self.tell(Asked(by=by.title(), what=what, wrote=wrote, answer=answer))
        await self.look()

    async def _send(self, post: Post) -> discord.Message:
        people, channels = self.simulation.people, self.simulation.channels
        if post.kind is Kind.EDIT:
            message = self._messages[post.about]
            await people[message.author.name].edit(message, post.text)
            return message
        actor, channel = people[post.by], channels[post.channel]
        if post.kind is Kind.FORWARD:
            return await actor.forward(self._messages[post.about], channel)
        if post.kind is Kind.FILE:
            return await actor.send(channel, attachments=[(post.file, b"\x89PNG\r\n\x1a\n")])
        reply_to = self._messages[post.about] if post.kind is Kind.REPLY else None
        return await actor.send(channel, post.text, reply_to=reply_to)

    def _own(self, messages: list[discord.Message]) -> list[discord.Message]:
        own = self.simulation.bot.user
        return [each for each in messages if own and each.author.id == own.id and not each.flags.ephemeral]

    async def _look_at(self, message: discord.Message, where: str) -> None:
        """Show a message of the bot that is new or has changed."""
        components = [component.to_dict() for component in message.components]
        looks, before = f"{message.content}{components}", self._looks.get(message.id)
        if looks == before:
            return
        self._looks[message.id] = looks
        number, changed = case_number(components), before is not None
        parts = tuple(filter(None, (message.content, *texts(components))))
        if number is None or where != f"#{scene.REVIEW_CHANNEL}":
            await self.tell(BotWrote(where=where, parts=parts, buttons=usable(components), changed=changed))
            return
        self.cards[number] = message
        await self.tell(
            CardSeen(case=number, after=self._posts, parts=parts, buttons=usable(components), changed=changed)
        )


def _text_of(message: discord.Message) -> str:
    return "\n".join([message.content, *(snapshot.content for snapshot in message.message_snapshots)]).strip()
