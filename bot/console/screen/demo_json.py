"""Prints the demo for programs: one JSON object per line."""

from __future__ import annotations

from dataclasses import asdict
from functools import singledispatchmethod
from typing import TYPE_CHECKING

from bot.console.screen.markup import Names, plain
from bot.console.screen.output import print_json
from bot.simulation.seen import Asked, BotWrote, CardSeen, Narrated, NewAct, Posted, Summary

if TYPE_CHECKING:
    from bot.moderation.messages.intake import Tally


class JsonScreen:
    """Prints one JSON object per line."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @singledispatchmethod
    def show(self, event: object) -> None:
        """Write an event."""
        raise TypeError(f"no such event: {event!r}")

    @show.register
    def _(self, event: Posted) -> None:
        print_json({"event": "message", **asdict(event), "kind": event.kind.value})

    @show.register
    def _(self, event: CardSeen) -> None:
        print_json(
            {
                "event": "card",
                "case": event.case,
                "after": event.after,
                "changed": event.changed,
                "text": self._plain(event.parts),
                "buttons": event.buttons,
            }
        )

    @show.register
    def _(self, event: BotWrote) -> None:
        print_json(
            {
                "event": "bot_message",
                "where": event.where,
                "changed": event.changed,
                "text": self._plain(event.parts),
                "buttons": event.buttons,
            }
        )

    @show.register
    def _(self, event: Asked) -> None:
        answer = self._plain(event.answer)
        print_json({"event": "command", "by": event.by, "what": event.what, "wrote": event.wrote, "answer": answer})

    @show.register
    def _(self, event: NewAct) -> None:
        print_json({"event": "act", "title": event.title})

    @show.register
    def _(self, event: Narrated) -> None:
        print_json({"event": "note", "text": event.text})

    @show.register
    def _(self, event: Summary) -> None:
        print_json({"event": "summary", **counts(event.tally), "cards_shown": event.cards_shown})

    def _plain(self, parts: tuple[str, ...]) -> list[str]:
        return [plain(part, self._names) for part in parts]


def counts(tally: Tally) -> dict[str, object]:
    """The bot's counts. ``seen`` is ``judged``, ``waiting``, ``lost`` and all of ``not_judged`` together."""
    return {
        "seen": tally.seen,
        "judged": tally.judged,
        "violations": tally.violations,
        "cards": tally.cards,
        "lost": tally.put_off,
        "undecided": tally.undecided,
        "waiting": tally.waiting,
        "not_judged": {reason.value: number for reason, number in sorted(tally.not_judged.items())},
    }
