"""The result of a wobble test, in sentences for moderators. The command line has its own, in English."""

from __future__ import annotations

from bot.languages.translation import _, marked, ngettext, number
from guild_policies.backtest import FEW
from guild_policies.wobble import Flips, RewordingKind, Wobble

_LAYOUTS = {
    RewordingKind.NOTHING: marked("Asked again without any change: {flipped} of {judged} changed."),
    RewordingKind.RULES_REVERSED: marked("Rules in reverse order: {flipped} of {judged} changed."),
    RewordingKind.RULES_ROTATED: marked("First rule last: {flipped} of {judged} changed."),
    RewordingKind.KEYS_REVERSED: marked("What is allowed before what breaks a rule: {flipped} of {judged} changed."),
    RewordingKind.EXAMPLES_REVERSED: marked("Examples in reverse order: {flipped} of {judged} changed."),
}


def outcome(found: Wobble, *, most: int) -> list[str]:
    """The result as sentences, worst first; at most `most` of them name a layout."""
    unchanged = [each for each in found.flips if each.rewording.kind is RewordingKind.NOTHING]
    tried = len(found.flips) - len(unchanged)
    shown = found.notable[:most]
    said = [_flips(each) for each in shown]
    if more := len(found.notable) - len(shown):
        said.append(ngettext("{n} more layout changes verdicts.", "{n} more layouts change verdicts.", more))
    if not said and not tried:
        return [_("This policy has one rule and no examples: there is nothing to reword.")]
    if not said:
        said.append(
            ngettext(
                "Verdicts do not depend on the layout: {n} layout tried.",
                "Verdicts do not depend on the layout: {n} layouts tried.",
                tried,
            )
        )
    if found.noise:
        said += [_flips(each) for each in unchanged]
    if found.left:
        said.append(ngettext("{n} more example was not left out.", "{n} more examples were not left out.", found.left))
    if 0 < found.texts < FEW:
        said.append(
            ngettext("{n} text is too few to conclude from.", "{n} texts are too few to conclude from.", found.texts)
        )
    return said


def _flips(each: Flips) -> str:
    values = {"flipped": number(len(each.flipped)), "judged": number(each.judged)}
    rewording = each.rewording
    if rewording.kind is RewordingKind.EXAMPLE_LEFT_OUT:
        return _(
            "{rule} depends on example {example}: without it, {flipped} of {judged} changed.",
            rule=rewording.rule_id,
            example=rewording.example,
            **values,
        )
    return _(_LAYOUTS[rewording.kind], **values)
