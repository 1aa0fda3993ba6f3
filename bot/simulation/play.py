"""Plays `bot.simulation.story` in the simulated server and tells what is to be seen, step by step.

What it tells are values; `bot.console.screen.demo_screen` shows them to people or writes them as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import discord
import simcord

from bot.cogs.judging.check_menu import MENU
from bot.moderation.messages.intake import Tally
from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation
from bot.simulation.story import Act, Kind, Post

_OF_CASES = "bylaw:case:"  #: begins the ids of a card's buttons: bylaw:case:SERVER:NUMBER:...


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A member did something that everybody in the channel sees."""

    number: int  #: counted over the whole story
    kind: Kind
    by: str
    channel: str
    text: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSeen:
    """A card came up in the moderators' channel, or changed there. Texts are in Discord's markup."""

    case: int
    after: int  #: the number of the post that it came after
    parts: tuple[str, ...]
    buttons: tuple[str, ...]  #: those that can be clicked
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody used a command, a form or a button, and the bot answered that person alone."""

    by: str
    what: str
    wrote: str = ""  #: the text of a form
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAct:
    """The next part of the story begins."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The bot's own counts at the end, and what the moderators' channel holds."""

    tally: Tally
    cards_shown: int


_ENOUGH_TO_LOOK_AT = 12  #: posts

Event = Posted | CardSeen | Asked | NewAct | Summary
Show = Callable[[Event], None]


class Refused(Exception):
    """The bot did not do what the story needs. The text is its answer."""


@dataclass(slots=True)
class Play:
    """One performance."""

    simulation: Simulation
    show: Show
    _number: int = 0
    _messages: dict[str, discord.Message] = field(default_factory=dict)
    _cards: dict[int, str] = field(default_factory=dict)  #: message id -> how it last looked

    async def perform(self) -> Summary:
        """The whole story."""
        self.show(NewAct(title="Before Bylaw is set up"))
        await self._act(Act.BEFORE_SETUP)
        self.show(NewAct(title="The owner sets Bylaw up and writes a policy"))
        await self.set_up()
        self.show(NewAct(title="An evening in the film club"))
        await self._act(Act.FIRST_RULES)
        self.show(NewAct(title="A moderator works through the cards"))
        await self._review()
        self.show(NewAct(title="The owner changes the rule: trailers count as spoilers now"))
        await self._change_rule()
        await self._act(Act.NEW_RULE)
        await self._check(scene.TRAILER)
        summary = Summary(tally=tally_of(self.simulation), cards_shown=len(self._cards))
        self.show(summary)
        return summary

    async def prepare(self) -> None:
        """The beginning of the story, so that there is something to look at."""
        await self.set_up()
        for post in scene.posts(Act.FIRST_RULES)[:_ENOUGH_TO_LOOK_AT]:
            await self._do(post)

    async def set_up(self, *, all_policies: bool = True) -> None:
        """``/setup`` with a starter policy, one more from a template, then one of the owner's own.

        Args:
            all_policies: False for the owner's own alone.
        """
        await self._command(
            scene.OWNER,
            "setup",
            channel=self.simulation.channels[scene.REVIEW_CHANNEL],
            reviewers=self.simulation.reviewers,
            starters=scene.STARTER if all_policies else "none",
        )
        if all_policies:
            await self._command(scene.OWNER, "policy new", name=scene.TEMPLATE, template=scene.TEMPLATE)
            await self._publish(scene.TEMPLATE)
        form = await self._command(scene.OWNER, "policy new", name=scene.POLICY_NAME)
        await self._submit(form, scene.POLICY)
        await self._publish(scene.POLICY_NAME)

    async def _act(self, act: Act) -> None:
        for post in scene.posts(act):
            await self._do(post)

    async def _do(self, post: Post) -> None:
        self._number += 1
        message = await self._send(post)
        self._messages[post.label or str(self._number)] = message
        self.show(
            Posted(
                number=self._number,
                kind=post.kind,
                by=message.author.display_name,
                channel=self.simulation.name_of(message.channel.id) or "",
                text=post.file or (post.text if post.kind is Kind.EDIT else _text_of(message)),
                note=post.note,
            )
        )
        await self.simulation.settle()
        self._show_cards()

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

    async def _review(self) -> None:
        cards = [message for message in self._review_channel() if message.id in self._cards]
        if not cards:
            return
        await self._click(scene.MODERATOR, cards[0], "Context")
        await self._click(scene.MODERATOR, cards[0], "Violation")
        if len(cards) > 1:
            await self._click(scene.MODERATOR, cards[1], "Not a violation")
        await self._command(scene.MODERATOR, "case show", in_channel=scene.REVIEW_CHANNEL, number=1)

    async def _change_rule(self) -> None:
        form = await self._command(scene.OWNER, "policy edit", name=scene.POLICY_NAME)
        await self._submit(form, scene.changed_policy())
        await self._publish(scene.POLICY_NAME)

    async def _check(self, label: str) -> None:
        """Ask how an older message would be judged now."""
        message = self._messages[label]
        channel = next(each for each in self.simulation.channels.values() if each.id == message.channel.id)
        result = await self.simulation.people[scene.MODERATOR].context_menu(channel, MENU, message)
        await self.simulation.settle()
        what = f"chooses “{MENU}” on the older message “{message.content}”"
        self.show(Asked(by=scene.MODERATOR.title(), what=what, answer=tuple(_answers(result))))

    async def _publish(self, name: str) -> None:
        asked = await self._command(scene.OWNER, "policy publish", name=name)
        if asked.response is None or not _buttons(asked.response.components):
            raise Refused("\n".join(_answers(asked)) or "there was no answer")
        await self._click(scene.OWNER, asked.response, "Publish")

    async def _command(
        self, by: str, name: str, /, *, in_channel: str = scene.CHANNELS[0], **options: Any
    ) -> simcord.InteractionResult:
        actor = self.simulation.people[by]
        result = await actor.slash(self.simulation.channels[in_channel], name, **options)
        await self.simulation.settle()
        given = " ".join(f"{option}:{getattr(value, 'name', value)}" for option, value in options.items())
        self.show(Asked(by=by.title(), what=f"/{name} {given}".strip(), answer=tuple(_answers(result))))
        self._show_cards()
        return result

    async def _submit(self, form: simcord.InteractionResult, text: str) -> None:
        if form.modal is None:
            raise Refused("\n".join(_answers(form)) or "there was no form")
        (field_id,) = _text_inputs(form.modal)
        result = await self.simulation.people[scene.OWNER].submit_modal(form, {field_id: text})
        await self.simulation.settle()
        what = f"fills in “{form.modal['title']}”"
        self.show(Asked(by=scene.OWNER.title(), what=what, wrote=text, answer=tuple(_answers(result))))

    async def _click(self, by: str, message: discord.Message | simcord.ResponseMessage, label: str) -> None:
        result = await self.simulation.people[by].click(message, label=label)
        await self.simulation.settle()
        own_card = message.id in self._cards and result.response is not None and result.response.id == message.id
        answer = () if own_card else tuple(_answers(result))  # the change of the card is shown as such
        self.show(Asked(by=by.title(), what=f"clicks {label}", answer=answer))
        self._show_cards()

    def _review_channel(self) -> list[discord.Message]:
        channel = self.simulation.channels[scene.REVIEW_CHANNEL]
        return channel.history(viewer=self.simulation.people[scene.OWNER])

    def _show_cards(self) -> None:
        """Tell about cards that are new or have changed."""
        own = self.simulation.bot.user
        for message in self._review_channel():
            if own is None or message.author.id != own.id or message.flags.ephemeral:
                continue
            looks = str([component.to_dict() for component in message.components])
            before = self._cards.get(message.id)
            if looks == before:
                continue
            self._cards[message.id] = looks
            card = _card(message, after=self._number, changed=before is not None)
            if card is not None:
                self.show(card)


def tally_of(simulation: Simulation) -> Tally:
    """The bot's counts."""
    return simulation.bot.services.tally


def _text_of(message: discord.Message) -> str:
    return "\n".join([message.content, *(snapshot.content for snapshot in message.message_snapshots)]).strip()


def _card(message: discord.Message, *, after: int, changed: bool) -> CardSeen | None:
    """A case's card; None for the other lines that moderators get."""
    components = [component.to_dict() for component in message.components]
    buttons = _buttons(components)
    case = next((button["custom_id"] for button in buttons if button["custom_id"].startswith(_OF_CASES)), None)
    if case is None:
        return None
    return CardSeen(
        case=int(case.split(":")[3]),
        after=after,
        parts=tuple(_texts(components)),
        buttons=tuple(button["label"] for button in buttons if not button.get("disabled")),
        changed=changed,
    )


def _answers(result: simcord.InteractionResult) -> Iterator[str]:
    for message in (result.response, *result.followups):
        if message is not None:
            yield from filter(None, (message.content, *_texts(message.components)))


def _buttons(components: list[Any]) -> list[dict[str, Any]]:
    return [node for node in _walk(components) if node["type"] == discord.ComponentType.button.value]


def _texts(components: list[Any]) -> Iterator[str]:
    return (node["content"] for node in _walk(components) if node["type"] == discord.ComponentType.text_display.value)


def _text_inputs(modal: dict[str, Any]) -> list[str]:
    kind = discord.ComponentType.text_input.value
    return [node["custom_id"] for node in _walk(modal["components"]) if node["type"] == kind]


def _walk(components: list[Any]) -> Iterator[dict[str, Any]]:
    """Every component, in the order in which it is read."""
    for node in components:
        yield node
        inner = node.get("components") or ([node["component"]] if node.get("component") else [])
        yield from _walk(inner)
