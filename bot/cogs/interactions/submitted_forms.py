"""One listener for all submitted forms, and for the menus below our messages.

A cog marks the method that receives a form with `on_form`, next to the code that opens it. The listener finds it by the
form's custom_id, as discord.py finds the class of a button. People can send forged ids and values, and forms of older
versions: they get one line, and their text back.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import discord
from discord.ext import commands

from bot.cogs.interactions.click_button import ids_of_custom_id
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import TEXT
from bot.cogs.interactions.reply import Document, Reply, send
from bot.cogs.languages.reader import speak_to
from bot.languages.translation import _, marked
from bot.log_context import logged_with
from guild_policies.text.hidden import is_blank

NOT_OURS = marked("Bylaw cannot read this form: it may be from an older version. Open it again.")
NOTHING_TO_READ = marked("There is nothing to read in your text. Write a word or two. Nothing was changed.")

_BIGGEST = 2**63 - 1  # limit of Discord's ids, and of a database's integers
_ROUTES = "__bylaw_routes__"

Handler = Callable[[discord.Interaction[Any], "SubmittedForm"], Awaitable[None]]
Method = TypeVar("Method", bound=Callable[..., Awaitable[None]])


class BadForm(ValueError):
    """An id, a field or a value doesn't match any of our forms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedForm:
    """A submitted form, or a menu selection."""

    ids: Mapping[str, str]  #: the named groups of the custom_id
    #: The value of each field, by its custom_id; the first choice of a menu. A text with only invisible characters is
    #: empty here.
    values: Mapping[str, str]
    choices: tuple[str, ...] = ()  #: the choices, for a menu below a message

    def number(self, name: str) -> int:
        """A number of the custom_id.

        Raises:
            BadForm: it isn't one, or it is larger than any id.
        """
        digits = self.ids.get(name, "")
        if not digits.isdecimal() or len(digits) > 20 or int(digits) > _BIGGEST:
            raise BadForm(name)
        return int(digits)

    @property
    def text(self) -> str:
        """The text of a form with one field.

        Raises:
            BadForm: the field is missing.
        """
        if TEXT not in self.values:
            raise BadForm(TEXT)
        return self.values[TEXT]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of a form with numbered fields, in order.

        Raises:
            BadForm: there are no such fields.
        """
        numbered = {name: text for name, text in self.values.items() if name in {"0", "1", "2", "3", "4"}}
        if not numbered:
            raise BadForm("0")
        return tuple(numbered[name] for name in sorted(numbered))


def words_back(submitted: SubmittedForm) -> Reply:
    """Returns a person's text to them if it couldn't be submitted."""
    text = "\n\n".join(submitted.values[name] for name in sorted(submitted.values))
    return Reply(files=(Document(name="your-words.txt", text=text),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The custom_ids that a method handles."""

    kind: discord.InteractionType
    template: re.Pattern[str]
    what: str
    keep: Callable[[SubmittedForm], Reply] | None = None
    must_say: str | None = None  #: the custom_id of the field that must hold something to read


def on_form(
    template: str, *, what: str, keep: Callable[[SubmittedForm], Reply] | None = None, must_say: str | None = None
) -> Callable[[Method], Method]:
    """Mark the method of a cog that receives a form. It is called with the interaction and the `SubmittedForm`.

    Args:
        template: of the whole custom_id; its named groups become `SubmittedForm.ids`.
        what: what failed if the method fails, for the log.
        keep: what the sender gets back then, so that nothing is lost.
        must_say: the custom_id of a field without which the form means nothing. Where it shows nothing, as spaces or
            characters of no width do, the sender is told so, and the method is not called.
    """
    kind = discord.InteractionType.modal_submit
    pattern = re.compile(template, re.DOTALL)
    return _marking(Route(kind=kind, template=pattern, what=what, keep=keep, must_say=must_say))


def on_component(template: str, *, what: str) -> Callable[[Method], Method]:
    """The same for menus and buttons below messages that aren't a `DynamicItem`."""
    return _marking(Route(kind=discord.InteractionType.component, template=re.compile(template), what=what))


def _marking(route: Route) -> Callable[[Method], Method]:
    def mark(method: Method) -> Method:
        setattr(method, _ROUTES, (*getattr(method, _ROUTES, ()), route))
        return method

    return mark


class SubmittedForms(commands.Cog):
    """Routes each form to the method that handles it."""

    def __init__(self, cogs: Iterable[commands.Cog]) -> None:
        """Collect the routes of these cogs."""
        self._routes = tuple(each for cog in cogs for each in _routes_of(cog))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was submitted or a choice made, perhaps in a message from before a restart."""
        speak_to(interaction)
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        for route, handler in self._routes:
            ids = route.template.fullmatch(custom_id) if route.kind is interaction.type else None
            if ids is not None:
                with logged_with(**ids_of_custom_id(ids.groupdict())):
                    await _hand_over(interaction, route, handler, _read(data, ids.groupdict()))
                return
        if interaction.type is discord.InteractionType.modal_submit:
            async with answering("an unknown form", interaction):
                await _refuse(interaction, words_back(_read(data, {})))


async def _hand_over(
    interaction: discord.Interaction[Any], route: Route, handler: Handler, submitted: SubmittedForm
) -> None:
    keep = route.keep(submitted) if route.keep else None
    async with answering(route.what, interaction, keep=keep):
        if route.must_say is not None and submitted.values.get(route.must_say) == "":
            await _refuse(interaction, keep or Reply(), NOTHING_TO_READ)
            return
        try:
            await handler(interaction, submitted)
        except BadForm:
            await _refuse(interaction, keep or Reply())


async def _refuse(interaction: discord.Interaction[Any], keep: Reply, why: str = NOT_OURS) -> None:
    await send(interaction, Reply(text=_(why), files=tuple(file for file in keep.files if not is_blank(file.text))))


def _routes_of(cog: commands.Cog) -> Iterator[tuple[Route, Handler]]:
    for name in dir(type(cog)):
        for route in getattr(getattr(type(cog), name), _ROUTES, ()):
            yield route, getattr(cog, name)


def _read(data: Mapping[str, Any], ids: Mapping[str, str | None]) -> SubmittedForm:
    """Parse a form from the raw data of its interaction."""
    return SubmittedForm(
        ids={name: value for name, value in ids.items() if value is not None},
        values=dict(_values(data.get("components") or [])),
        choices=tuple(str(value) for value in data.get("values") or ()),
    )


def _values(components: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The fields of a form by custom_id, unwrapped from their labels."""
    for component in components:
        inner = component.get("component", component)
        chosen = inner.get("values") or [inner.get("value")]
        if isinstance(chosen[0], str):
            yield str(inner.get("custom_id")), "" if is_blank(chosen[0]) else chosen[0]
