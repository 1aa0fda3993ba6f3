"""Shows the demo: to people on a terminal of 80 columns or more, to programs as lines of JSON."""

from __future__ import annotations

from dataclasses import asdict
from functools import singledispatchmethod
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from bot.console.screen.markup import Names, plain, rendered
from bot.console.screen.output import print_json, terminal_text
from bot.simulation.play import Asked, CardSeen, NewAct, Posted, Summary
from bot.simulation.story import REVIEW_CHANNEL, Kind

if TYPE_CHECKING:
    from bot.moderation.messages.intake import Tally

WIDTH = 80
_LONGEST_SHOWN = 200  # characters of a member's message
_LINES_OF_WHY = 3  # the rule, the rationale, and how sure
_QUOTE = "> "  # how a card quotes the message
_DID = {
    Kind.POST: "",
    Kind.REPLY: " replies",
    Kind.FORWARD: " forwards",
    Kind.EDIT: " edits a message",
    Kind.FILE: " sends a file",
}


class JsonScreen:
    """One JSON object a line."""

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
        text = [plain(part, self._names) for part in event.parts]
        print_json(
            {
                "event": "card",
                "case": event.case,
                "after": event.after,
                "changed": event.changed,
                "text": text,
                "buttons": event.buttons,
            }
        )

    @show.register
    def _(self, event: Asked) -> None:
        answer = [plain(part, self._names) for part in event.answer]
        print_json({"event": "command", "by": event.by, "what": event.what, "wrote": event.wrote, "answer": answer})

    @show.register
    def _(self, event: NewAct) -> None:
        print_json({"event": "act", "title": event.title})

    @show.register
    def _(self, event: Summary) -> None:
        print_json({"event": "summary", **counts(event.tally), "cards_shown": event.cards_shown})


class TerminalScreen:
    """For people."""

    def __init__(self, names: Names, console: Console | None = None) -> None:
        self._names = names
        self._console = console or Console(highlight=False, markup=False, emoji=False)
        self._console.width = min(self._console.width, WIDTH)
        self._written: set[str] = set()
        self._whole_card_shown = False

    def say(self, text: str, style: str = "") -> None:
        """A line of the narrator."""
        self._console.print(text, style=style or None)

    @singledispatchmethod
    def show(self, event: object) -> None:
        """Show an event."""
        raise TypeError(f"no such event: {event!r}")

    @show.register
    def _(self, event: NewAct) -> None:
        self._console.print()
        self._console.rule(Text(event.title, style="bold"), align="left")

    @show.register
    def _(self, event: Posted) -> None:
        head = Text(f"{event.number:>2} ", style="dim")
        head.append(terminal_text(event.by), style="bold cyan").append(f"{_DID[event.kind]}, #{event.channel}")
        if event.note:
            head.append(f"  ({event.note})", style="dim italic")
        self._console.print(head)
        self._indent(Text(_shortened(event.text)), 3)

    @show.register
    def _(self, event: CardSeen) -> None:
        shown = self._worth_showing(event)
        body = Text("\n").join(rendered(part, self._names) for part in shown)
        if not event.changed:
            body.append("\n\n").append("  ".join(f"[{label}]" for label in event.buttons), style="bold")
        title = f"#{REVIEW_CHANNEL}: card of case {event.case}" + (", changed" if event.changed else "")
        title += "" if shown == event.parts else ", shortened here"
        self._console.print(
            Padding(
                Panel(body, title=title, title_align="left", border_style="yellow", width=self._console.width - 3),
                (0, 0, 0, 3),
            )
        )
        if not event.changed and not self._whole_card_shown:
            self._whole_card_shown = True
            self.say("   From here on, cards are shortened. `bylaw sandbox` shows them whole.", "dim italic")

    def _worth_showing(self, event: CardSeen) -> tuple[str, ...]:
        """The first card whole; of others what is new about them: the rule, the quote, why and how sure."""
        header, *middle, state = event.parts
        if event.changed:
            return (header, state)
        if not self._whole_card_shown:
            return event.parts
        quotes = (part for part in middle if part.startswith(_QUOTE))
        return (header, *quotes, "\n".join(middle[-1].split("\n")[:_LINES_OF_WHY]))

    @show.register
    def _(self, event: Asked) -> None:
        head = Text().append(terminal_text(event.by), style="bold green").append(f" {terminal_text(event.what)}")
        self._indent(head, 3)
        if event.wrote:
            self._indent(Text(self._new_lines(event.wrote), style="cyan"), 6)
        for part in event.answer:
            self._indent(rendered(part, self._names), 6)

    @show.register
    def _(self, event: Summary) -> None:
        self._console.print()
        self._console.rule(Text("Summary", style="bold"), align="left")
        for line in summary_lines(event.tally):
            self._console.print(line)

    def _indent(self, text: Text, columns: int) -> None:
        self._console.print(Padding(text, (0, 0, 0, columns), expand=False))

    def _new_lines(self, text: str) -> str:
        """What of a text was not shown before: of an edited policy, the lines that changed."""
        lines = [line for line in text.split("\n") if line.strip()]
        new = [line for line in lines if line not in self._written]
        shown = new if len(new) == len(lines) or not self._written else ["(unchanged lines left out)", *new]
        self._written.update(lines)
        return terminal_text("\n".join(shown))


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


def summary_lines(tally: Tally) -> list[str]:
    """The same in words."""
    reasons = ", ".join(f"{reason.value.replace('_', ' ')} {n}" for reason, n in sorted(tally.not_judged.items()))
    return [
        f"{tally.seen} messages and edits seen, the bot's own among them.",
        f"{tally.judged} judged, {tally.waiting} waiting, {tally.put_off} lost, {tally.not_judged.total()} not judged.",
        f"Not judged, and why: {reasons}.",
        f"{tally.violations} violations and {tally.undecided} undecided gave {tally.cards} cards.",
    ]


def _shortened(text: str) -> str:
    safe = terminal_text(text)
    if len(safe) <= _LONGEST_SHOWN:
        return safe
    return f"{safe[:_LONGEST_SHOWN]} … and {len(safe) - _LONGEST_SHOWN} more characters"
