"""Lists all policies of a server, and the history of one."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, name
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, marked, ngettext, number
from bot.moderation.trials.costs import PolicyCost
from guild_policies.examples import FAILING
from guild_policies.text.parse import policy_of
from guild_policies.versions import Publication, StoredPolicy

REASON_SHOWN = 200


def overview(policies: Sequence[StoredPolicy], costs: Sequence[PolicyCost] = ()) -> Reply:
    """All policies of a server with what each costs."""
    if not policies:
        return Reply(text=_("There are no policies yet. /policy new writes one, /setup brings starter policies."))
    by_id = {cost.policy.id: cost for cost in costs}
    lines = [f"{_line(policy)}{_cost(by_id.get(policy.id))}" for policy in policies]
    return Reply(text="\n".join([_("**Policies**"), *lines]))


def history_of(policy: StoredPolicy, publications: Sequence[Publication]) -> Reply:
    """Every time a version came into force."""
    if not publications:
        never = _("No version of **{policy}** was ever in force. /policy publish does that.", policy=name(policy.name))
        return Reply(text=never)
    lines = [
        _(
            _HISTORY.get(each.kind, _HISTORY["published"]),
            moment=at(each.at),
            number=each.version.number,
            member=f"<@{each.actor_id}>",
        )
        + _why(each)
        for each in publications
    ]
    return Reply(text="\n".join([_("**{policy}**, newest first", policy=name(policy.name)), *lines]))


_HISTORY = {
    "published": marked("- {moment} v{number} published by {member}"),
    "rolled_back": marked("- {moment} v{number} rolled back by {member}"),
}


def _why(publication: Publication) -> str:
    """The reason for publishing although pinned examples failed."""
    if not publication.overruled:
        return ""
    reason, _open, pins = publication.overruled.rpartition(" (")
    told = ", ".join(retold(each, FAILING) for each in pins.removesuffix(")").split(", "))
    why = on_one_line(f"{reason} ({told})" if reason and pins.endswith(")") else publication.overruled, REASON_SHOWN)
    return f"\n  -# {_('although pinned examples failed: {why}', why=why)}"


def _line(policy: StoredPolicy) -> str:
    facts = _state(policy)
    if policy.draft:
        facts.append(_("draft revision {revision} not published", revision=policy.draft.revision))
    return f"- **{name(policy.name)}**: {' · '.join(facts)}"


def _state(policy: StoredPolicy) -> list[str]:
    """The state of a policy."""
    if policy.published is None:
        return [_("not in force")]
    number = policy.published.number
    facts = [_("v{number} is paused", number=number) if policy.paused else _("v{number} in force", number=number)]
    if policy.strict and not policy.paused:
        facts.append(_("strict for now"))
    if policy.ends_at and not policy.paused:
        facts.append(_("until {moment}", moment=at(policy.ends_at, "f")))
    return [*facts, ngettext("{n} rule", "{n} rules", len(policy_of(policy.published.text).rules))]


def _cost(cost: PolicyCost | None) -> str:
    """The length of the text, and its share of the judge's time; empty if unknown."""
    if cost is None:
        return ""
    facts = [ngettext("about {n} token", "about {n} tokens", cost.tokens)]
    if cost.share is not None:
        facts.append(_("{percent}% of the judge's time in 7 days", percent=number(round(100 * cost.share))))
    return f"\n  -# {' · '.join(facts)}"
