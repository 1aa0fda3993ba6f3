"""How a policy is applied, as one message that can be changed: places, roles, newcomers, bots, effort, threshold.

Every control's custom_id names the policy, the setting, and a digest of the settings that its reader has seen: a change
that starts from others is not made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.cogs.channels.hidden import HIDDEN_NAME, can_see, hidden_channels
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.submitted_forms import SubmittedForm
from bot.cogs.interactions.wording import how_many, name, say_hidden, score_number
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
#: A violation has a score above one half, so lower thresholds have no effect; after reasoning most lie close to 1.
EVERY_VIOLATION = 0.5
THRESHOLDS = (EVERY_VIOLATION, 0.8, 0.9, 0.95, 0.99)

CONTROL = r"bylaw:scope:(?P<policy>[0-9]{1,19}):(?P<field>[a-z_]{1,12}):(?P<digest>[0-9a-f]{8})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeChoice:
    """Somebody used a control."""

    policy_id: int
    field: str
    digest: str  #: of the settings that they saw
    values: tuple[str, ...]


def scope_choice(chosen: SubmittedForm) -> ScopeChoice:
    """What was chosen.

    Raises:
        BadForm: no control of ours looks like this.
    """
    ids = chosen.ids
    return ScopeChoice(
        policy_id=chosen.number("policy"), field=ids["field"], digest=ids["digest"], values=chosen.choices
    )


def changed(settings: PolicySettings, choice: ScopeChoice) -> PolicySettings:
    """The settings with what was chosen.

    Raises:
        BadSettings: such settings cannot be kept.
        ValueError: a value that no control of ours offers.
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
    """Tells settings apart."""
    return hashlib.blake2s(json.dumps(as_json(settings), sort_keys=True).encode(), digest_size=4).hexdigest()


def preview_of(guild: discord.Guild, scope: Scope) -> Preview:
    """Who and where is covered, in the server as it is now."""
    roles = [ServerRole(id=role.id, name=role.name) for role in guild.roles if not role.is_default()]
    return who_is_covered(scope, _places(guild), roles, hidden=[channel.id for channel in hidden_channels(guild)])


def render_scope(
    policy: StoredPolicy, guild: discord.Guild, note: str = "", *, advice: ThresholdAdvice | None = None
) -> discord.ui.LayoutView:
    """The settings, what they cover, the controls, and what other thresholds would have meant."""
    settings, scope = policy.settings, policy.settings.scope
    own = f"bylaw:scope:{policy.id}:{{}}:{digest(settings)}"
    rows: list[discord.ui.Item[Any]] = [
        _channels("Only in these channels (everywhere)", own.format("only_in"), scope.only_in, guild),
        _channels("Not in these channels (none)", own.format("not_in"), scope.not_in, guild),
        _roles(own.format("roles"), scope.exempt_roles, guild),
        _menu(own.format("newcomers"), _newcomers(scope)),
        _menu(own.format("effort"), _efforts(settings)),
        _menu(own.format("threshold"), _thresholds(settings)),
    ]
    buttons = discord.ui.ActionRow[Any](
        discord.ui.Button(
            label="Do not judge bots" if scope.judges_bots else "Judge bots, too", custom_id=own.format("bots")
        ),
        discord.ui.Button(label="Whole list as a file", custom_id=own.format("list")),
    )
    view = discord.ui.LayoutView(timeout=None)
    head = f"### {name(policy.name)}: where, to whom and how"
    view.add_item(discord.ui.TextDisplay(f"{note}\n{head}" if note else head))
    view.add_item(discord.ui.TextDisplay(preview_text(preview_of(guild, scope))))
    for row in rows:
        view.add_item(discord.ui.ActionRow(row))
    view.add_item(buttons)
    below = (
        "-# Where and to whom: a change counts from the next message on. Effort and threshold count for everything "
        "that is not judged yet. Each change is kept in the audit log."
    )
    view.add_item(discord.ui.TextDisplay("\n".join([*(advice_lines(advice, policy.name) if advice else []), below])))
    view.stop()  # what comes back is read from its custom_id; discord.py need not keep the view for it
    return view


def advice_lines(advice: ThresholdAdvice, policy_name: str) -> list[str]:
    """What higher thresholds would have meant, and how one is set; or how many decisions are missing."""
    if advice.missing:
        return [
            (
                f"-# Advice on the threshold and words for scores need {advice.missing} more decisions: there are "
                f"{advice.decided} of {ENOUGH} on this text. A version with another text starts again."
            )
        ]
    counted = f"the last {advice.decided:,} decided cards under this text"
    if not advice.others:
        return [f"-# No threshold that can be set would have spared you one of {counted}."]
    return [
        f"-# Of {counted}:",
        *(f"-# - {_at(each)}" for each in advice.others),
        f"-# Nothing changes by itself: /policy scope name:{name(policy_name)} sets the threshold.",
    ]


def _at(each: AtThreshold) -> str:
    fewer = how_many(each.fewer, "card", "cards")
    lost = f"{each.violations:,} of them {'a violation' if each.violations == 1 else 'violations'}"
    if not each.violations:
        lost = "none of them a violation"
    return f"at {score_number(each.threshold)} you would have seen {fewer} fewer, {lost}"


def preview_text(preview: Preview) -> str:
    """Who and where is covered, in few lines however many channels there are."""
    covered, all_of_them = len(preview.covered), len(preview.covered) + len(preview.left_out)
    lines = [f"**Where**: {covered} of {how_many(all_of_them, 'channel', 'channels and threads')}"]
    mixed = [each for each in preview.categories if each.left_out]
    if preview.left_out:
        lines += [_category(each) for each in mixed[:CATEGORIES_SHOWN]]
        if len(mixed) > CATEGORIES_SHOWN:
            lines.append(f"-# and {len(mixed) - CATEGORIES_SHOWN} more categories: the file has them all")
    who = "everybody" if preview.newcomer_days is None else f"newcomers of {preview.newcomer_days} days"
    if preview.exempt_roles:
        who += f", except for {_names(preview.exempt_roles)}"
    lines.append(f"**Who**: {who}; {'other bots, too' if preview.judges_bots else 'no bots'}")
    if preview.missing:
        lines.append(f"-# {how_many(len(preview.missing), 'place or role', 'places and roles')} named here are gone.")
    if preview.hidden:
        lines.append(f"-# {say_hidden(preview.hidden)}")
    if preview.named_hidden:
        lines.append(f"-# {how_many(preview.named_hidden, 'of these is', 'of these are')} named here.")
    return "\n".join(lines)


def preview_file(preview: Preview) -> str:
    """Every place, covered or not."""
    lines = []
    for each in preview.categories:
        lines.append(each.category.name if each.category else "Without a category")
        lines += [f"  judged      {place.name}" for place in each.covered]
        lines += [f"  not judged  {place.name}" for place in each.left_out]
    hidden = [say_hidden(preview.hidden)] if preview.hidden else []
    return "\n".join([*lines, "", *(f"exempt role  {role.name}" for role in preview.exempt_roles), *hidden]).rstrip()


def _category(each: CoverageOfCategory) -> str:
    label = on_one_line(each.category.name, NAME_SHOWN) if each.category else "Without a category"
    count = len(each.covered) + len(each.left_out)
    if len(each.left_out) <= 3 and each.covered:
        return f"- {label}: all but {_names(each.left_out)}"
    return f"- {label}: {len(each.covered)} of {count}"


def _names(items: Sequence[ServerPlace | ServerRole]) -> str:
    shown = ", ".join(on_one_line(item.name, NAME_SHOWN) for item in items[:3])
    return f"{shown} and {len(items) - 3} more" if len(items) > 3 else shown


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
        placeholder="Roles whose members are not judged (none)",
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
    options = [_option("All members", EVERYBODY, chosen=scope.newcomer_days is None)]
    return options + [
        _option(f"Only newcomers of {how_many(each, 'day', 'days')}", str(each), chosen=scope.newcomer_days == each)
        for each in days
    ]


def _efforts(settings: PolicySettings) -> list[discord.SelectOption]:
    options = [_option("Effort as installed", AS_INSTALLED, chosen=settings.effort is None)]
    return options + [_option(f"Effort: {each.value}", each.value, chosen=settings.effort is each) for each in Effort]


def _thresholds(settings: PolicySettings) -> list[discord.SelectOption]:
    present = max(settings.threshold, EVERY_VIOLATION)
    return [_option(_threshold(each), str(each), chosen=present == each) for each in sorted({*THRESHOLDS, present})]


def _threshold(threshold: float) -> str:
    if threshold == EVERY_VIOLATION:
        return "A card for every violation"
    return f"Cards only from score {score_number(threshold)} on"


def _option(label: str, value: str, *, chosen: bool) -> discord.SelectOption:
    return discord.SelectOption(label=label, value=value, default=chosen)
