"""The settings of a policy as one interactive message: places, roles, newcomers, bots, effort, threshold.

Every control's custom_id has the policy, the setting, and a digest of the settings that the reader saw. A change based
on outdated settings is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import discord

from bot.cogs.channels.hidden import HIDDEN_NAME, can_see, hidden_channels
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.submitted_forms import SubmittedForm
from bot.cogs.interactions.wording import name, score_number
from bot.languages.translation import _, length, marked, ngettext, number
from bot.moderation.lookups.numbers.decided_scores import ENOUGH
from bot.moderation.lookups.numbers.threshold_advice import AtThreshold, ThresholdAdvice
from classifier import Effort
from guild_policies.coverage import CoverageOfCategory, PlaceKind, Preview, ServerPlace, ServerRole, who_is_covered
from guild_policies.scope import PolicySettings, Scope, as_json
from guild_policies.versions import StoredPolicy

MENU_MAX = 25
CATEGORIES_SHOWN = 8
NAME_SHOWN = 40

EVERYBODY, AS_INSTALLED = "everybody", "as_installed"
NEWCOMER_DAYS = (1, 3, 7, 14, 30, 90)
#: A violation has a score above 0.5, so lower thresholds have no effect; after reasoning most scores are close to 1.
EVERY_VIOLATION = 0.5
THRESHOLDS = (EVERY_VIOLATION, 0.8, 0.9, 0.95, 0.99)

_EFFORTS = {  # options of a menu
    Effort.LOW: marked("Effort: low"),
    Effort.MEDIUM: marked("Effort: medium"),
    Effort.HIGH: marked("Effort: high"),
}
_NO_CATEGORY = marked("Without a category")

CONTROL = r"bylaw:scope:(?P<policy>[0-9]{1,19}):(?P<field>[a-z_]{1,12}):(?P<digest>[0-9a-f]{8})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeChoice:
    """Somebody used a control."""

    policy_id: int
    field: str
    digest: str  #: digest of the settings that they saw
    values: tuple[str, ...]


def scope_choice(chosen: SubmittedForm) -> ScopeChoice:
    """Read the choice.

    Raises:
        BadForm: it doesn't match any of our controls.
    """
    ids = chosen.ids
    return ScopeChoice(
        policy_id=chosen.number("policy"), field=ids["field"], digest=ids["digest"], values=chosen.choices
    )


def changed(settings: PolicySettings, choice: ScopeChoice) -> PolicySettings:
    """The settings with the choice applied.

    Raises:
        BadSettings: the settings are invalid.
        ValueError: a value that none of our controls offers.
    """
    scope = settings.scope
    first = choice.values[0] if choice.values else ""
    match choice.field:
        case "only_in":
            return replace(settings, scope=replace(scope, only_in=frozenset(map(int, choice.values))))
        case "not_in":
            return replace(settings, scope=replace(scope, not_in=frozenset(map(int, choice.values))))
        case "roles":
            return replace(settings, scope=replace(scope, exempt_roles=frozenset(map(int, choice.values))))
        case "bots":
            return replace(settings, scope=replace(scope, judges_bots=not scope.judges_bots))
        case "newcomers":
            days = None if first == EVERYBODY else int(first)
            return replace(settings, scope=replace(scope, newcomer_days=days))
        case "effort":
            return replace(settings, effort=None if first == AS_INSTALLED else Effort(first))
        case "threshold":
            return replace(settings, threshold=float(first))
    raise ValueError(choice.field)


def digest(settings: PolicySettings) -> str:
    """A digest of the settings."""
    return hashlib.blake2s(json.dumps(as_json(settings), sort_keys=True).encode(), digest_size=4).hexdigest()


def preview_of(guild: discord.Guild, scope: Scope) -> Preview:
    """Who and what is covered in the current server."""
    roles = [ServerRole(id=role.id, name=role.name) for role in guild.roles if not role.is_default()]
    return who_is_covered(scope, _places(guild), roles, hidden=[channel.id for channel in hidden_channels(guild)])


def render_scope(
    policy: StoredPolicy, guild: discord.Guild, note: str = "", *, advice: ThresholdAdvice | None = None
) -> discord.ui.LayoutView:
    """Render the settings, what they cover, the controls, and the effect of other thresholds."""
    settings, scope = policy.settings, policy.settings.scope
    own = f"bylaw:scope:{policy.id}:{{}}:{digest(settings)}"
    rows: list[discord.ui.Item[Any]] = [
        # Translators: in an empty menu, at most 100 characters.
        _channels(_("Only in these channels (everywhere)"), own.format("only_in"), scope.only_in, guild),
        # Translators: in an empty menu, at most 100 characters.
        _channels(_("Not in these channels (none)"), own.format("not_in"), scope.not_in, guild),
        _roles(own.format("roles"), scope.exempt_roles, guild),
        _menu(own.format("newcomers"), _newcomers(scope)),
        _menu(own.format("effort"), _efforts(settings)),
        _menu(own.format("threshold"), _thresholds(settings)),
    ]
    buttons = discord.ui.ActionRow[Any](
        discord.ui.Button(
            # Translators: a button, at most 80 characters.
            label=_("Do not judge bots") if scope.judges_bots else _("Judge bots too"),
            custom_id=own.format("bots"),
        ),
        # Translators: a button, at most 80 characters.
        discord.ui.Button(label=_("Whole list as a file"), custom_id=own.format("list")),
    )
    view = discord.ui.LayoutView(timeout=None)
    head = _("### {policy}: where, to whom and how", policy=name(policy.name))
    view.add_item(discord.ui.TextDisplay(f"{note}\n{head}" if note else head))
    view.add_item(discord.ui.TextDisplay(preview_text(preview_of(guild, scope))))
    for row in rows:
        view.add_item(discord.ui.ActionRow(row))
    view.add_item(buttons)
    below = _(
        "-# Changes to where and to whom apply from the next message on. Effort and threshold apply to everything that "
        "is not judged yet. Each change is kept in the audit log."
    )
    view.add_item(discord.ui.TextDisplay("\n".join([*(advice_lines(advice, policy.name) if advice else []), below])))
    view.stop()  # replies are parsed from custom_ids, so discord.py needn't keep the view
    return view


def advice_lines(advice: ThresholdAdvice, policy_name: str) -> list[str]:
    """The effect of higher thresholds, and how to set one; or how many decisions are missing."""
    if advice.missing:
        return [
            ngettext(
                "-# Advice on the threshold and words for scores need {n} more decision: there are {decided} of "
                "{enough} on this text. A version with another text starts again.",
                "-# Advice on the threshold and words for scores need {n} more decisions: there are {decided} of "
                "{enough} on this text. A version with another text starts again.",
                advice.missing,
                decided=number(advice.decided),
                enough=number(ENOUGH),
            )
        ]
    if not advice.others:
        return [
            ngettext(
                "-# No threshold that can be set would have saved you one of the last {n} decided card on this text.",
                "-# No threshold that can be set would have saved you one of the last {n} decided cards on this text.",
                advice.decided,
            )
        ]
    return [
        ngettext(
            "-# Of the last {n} decided card on this text:",
            "-# Of the last {n} decided cards on this text:",
            advice.decided,
        ),
        *(f"-# - {_at(each)}" for each in advice.others),
        _(
            "-# Nothing changes automatically: /policy scope name:{policy} sets the threshold.",
            policy=name(policy_name),
        ),
    ]


def _at(each: AtThreshold) -> str:
    values = {"score": score_number(each.threshold), "violations": number(each.violations)}
    if not each.violations:
        return ngettext(
            "at {score} you would have seen {n} card fewer, none of them a violation",
            "at {score} you would have seen {n} cards fewer, none of them a violation",
            each.fewer,
            **values,
        )
    return ngettext(
        "at {score} you would have seen {n} card fewer; violations among them: {violations}",
        "at {score} you would have seen {n} cards fewer; violations among them: {violations}",
        each.fewer,
        **values,
    )


def preview_text(preview: Preview) -> str:
    """Who and what is covered, in few lines for any number of channels."""
    covered, all_of_them = len(preview.covered), len(preview.covered) + len(preview.left_out)
    lines = [
        ngettext(
            "**Where**: {covered} of {n} channel",
            "**Where**: {covered} of {n} channels and threads",
            all_of_them,
            covered=number(covered),
        )
    ]
    mixed = [each for each in preview.categories if each.left_out]
    if preview.left_out:
        lines += [_category(each) for each in mixed[:CATEGORIES_SHOWN]]
        more = len(mixed) - CATEGORIES_SHOWN
        if more > 0:
            lines.append(
                ngettext(
                    "-# and {n} more category: the file has them all",
                    "-# and {n} more categories: the file has them all",
                    more,
                )
            )
    lines.append(_who(preview))
    if preview.missing:
        gone = len(preview.missing)
        lines.append(
            ngettext("-# {n} place or role named here is gone.", "-# {n} places and roles named here are gone.", gone)
        )
    if preview.hidden:
        lines.append(f"-# {_hidden(preview.hidden)}")
    if preview.named_hidden:
        named = preview.named_hidden
        lines.append(ngettext("-# {n} of these is named here.", "-# {n} of these are named here.", named))
    return "\n".join(lines)


def _who(preview: Preview) -> str:
    """Whose messages are judged."""
    who = _("everybody")
    if preview.newcomer_days is not None:
        who = _("newcomers of {length}", length=length(timedelta(days=preview.newcomer_days)))
    facts = [who]
    if preview.exempt_roles:
        facts.append(_("not: {roles}", roles=_names(preview.exempt_roles)))
    facts.append(_("other bots too") if preview.judges_bots else _("no bots"))
    return _("**Who**: {facts}", facts=" · ".join(facts))


def _hidden(count: int) -> str:
    return ngettext(
        "Bylaw cannot see {n} channel and judges nothing there. If it should, give it View Channel.",
        "Bylaw cannot see {n} channels and judges nothing there. Where it should, give it View Channel.",
        count,
    )


def preview_file(preview: Preview) -> str:
    """Every place, covered or not."""
    lines = []
    for each in preview.categories:
        lines.append(each.category.name if each.category else _(_NO_CATEGORY))
        lines += [f"  {_('judged: {place}', place=place.name)}" for place in each.covered]
        lines += [f"  {_('not judged: {place}', place=place.name)}" for place in each.left_out]
    hidden = [_hidden(preview.hidden)] if preview.hidden else []
    exempt = (_("exempt role: {role}", role=role.name) for role in preview.exempt_roles)
    return "\n".join([*lines, "", *exempt, *hidden]).rstrip()


def _category(each: CoverageOfCategory) -> str:
    label = on_one_line(each.category.name, NAME_SHOWN) if each.category else _(_NO_CATEGORY)
    count = len(each.covered) + len(each.left_out)
    if len(each.left_out) <= 3 and each.covered:
        return _("- {category}: all but {places}", category=label, places=_names(each.left_out))
    return _("- {category}: {covered} of {all}", category=label, covered=number(len(each.covered)), all=number(count))


def _names(items: Sequence[ServerPlace | ServerRole]) -> str:
    shown = [on_one_line(item.name, NAME_SHOWN) for item in items[:3]]
    more = len(items) - len(shown)
    return ", ".join([*shown, *([ngettext("{n} more", "{n} more", more)] if more else [])])


def _places(guild: discord.Guild) -> Iterable[ServerPlace]:
    for channel in guild.channels:
        kind = PlaceKind.CHANNEL
        if channel.name == HIDDEN_NAME or not (isinstance(channel, discord.CategoryChannel) or can_see(channel)):
            continue
        if isinstance(channel, discord.CategoryChannel):
            kind = PlaceKind.CATEGORY
        elif isinstance(channel, discord.ForumChannel):
            kind = PlaceKind.FORUM
        yield ServerPlace(id=channel.id, name=channel.name, kind=kind, parent_id=channel.category_id)
    for thread in filter(can_see, guild.threads):
        yield ServerPlace(id=thread.id, name=thread.name, kind=PlaceKind.THREAD, parent_id=thread.parent_id)


def _channels(label: str, custom_id: str, ids: frozenset[int], guild: discord.Guild) -> discord.ui.Item[Any]:
    here = [each for each in sorted(ids) if guild.get_channel_or_thread(each) is not None]
    return discord.ui.ChannelSelect[Any](
        custom_id=custom_id,
        placeholder=label,
        min_values=0,
        max_values=MENU_MAX,
        default_values=[
            discord.SelectDefaultValue(id=each, type=discord.SelectDefaultValueType.channel) for each in here[:MENU_MAX]
        ],
    )


def _roles(custom_id: str, ids: frozenset[int], guild: discord.Guild) -> discord.ui.Item[Any]:
    here = [each for each in sorted(ids) if guild.get_role(each) is not None]
    return discord.ui.RoleSelect[Any](
        custom_id=custom_id,
        # Translators: in an empty menu, at most 100 characters.
        placeholder=_("Roles whose members are not judged (none)"),
        min_values=0,
        max_values=MENU_MAX,
        default_values=[
            discord.SelectDefaultValue(id=each, type=discord.SelectDefaultValueType.role) for each in here[:MENU_MAX]
        ],
    )


def _menu(custom_id: str, options: list[discord.SelectOption]) -> discord.ui.Item[Any]:
    return discord.ui.Select[Any](custom_id=custom_id, options=options)


def _newcomers(scope: Scope) -> list[discord.SelectOption]:
    days = sorted({*NEWCOMER_DAYS, *([scope.newcomer_days] if scope.newcomer_days else [])})
    # Translators: an option of a menu, at most 100 characters.
    options = [_option(_("All members"), EVERYBODY, chosen=scope.newcomer_days is None)]
    return options + [_option(_only_newcomers(each), str(each), chosen=scope.newcomer_days == each) for each in days]


def _only_newcomers(days: int) -> str:
    # Translators: an option of a menu, at most 80 characters.
    return _("Only newcomers of {length}", length=length(timedelta(days=days)))


def _efforts(settings: PolicySettings) -> list[discord.SelectOption]:
    # Translators: an option of a menu, at most 100 characters.
    options = [_option(_("Effort as installed"), AS_INSTALLED, chosen=settings.effort is None)]
    return options + [_option(_(_EFFORTS[each]), each.value, chosen=settings.effort is each) for each in Effort]


def _thresholds(settings: PolicySettings) -> list[discord.SelectOption]:
    present = max(settings.threshold, EVERY_VIOLATION)
    return [_option(_threshold(each), str(each), chosen=present == each) for each in sorted({*THRESHOLDS, present})]


def _threshold(threshold: float) -> str:
    if threshold == EVERY_VIOLATION:
        return _("A card for every violation")  # Translators: an option of a menu, at most 100 characters.
    # Translators: an option of a menu, at most 90 characters.
    return _("Cards only from score {score} on", score=score_number(threshold))


def _option(label: str, value: str, *, chosen: bool) -> discord.SelectOption:
    return discord.SelectOption(label=label, value=value, default=chosen)
