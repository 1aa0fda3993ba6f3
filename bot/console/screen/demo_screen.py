"""Shows the demo to people, on a terminal of 80 columns or more."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatchmethod

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from bot.console.screen.demo_summary import summary_lines
from bot.console.screen.markup import Names, rendered
from bot.console.screen.output import terminal_text
from bot.simulation.seen import Asked, BotWrote, CardSeen, Narrated, NewAct, Posted, Summary
from bot.simulation.story import REVIEW_CHANNEL, Kind

WIDTH = 80
_LONGEST_SHOWN = 200  #: characters of a member's message
_ANSWER_ROWS, _FORM_ROWS = 1, 5  #: rows shown of an answer and of a form
_MESSAGE_ROWS, _WHY_ROWS = 4, 2  #: rows shown of a bot message, and of a reason, after the first line
_MOST_CHANGES = 2  #: lines of a card that changed
_QUOTE, _WHY, _SMALL_PRINT = "> ", "**Why:** ", "-# "  #: prefixes of these lines of a card
_STATE = "**State:** "
_NO_NEWS = ("**Where:**", "**What was done:**", "**Notice:**", _SMALL_PRINT, "- ↩️")  #: of a card that changed
_DID = {
    Kind.POST: "",
    Kind.REPLY: " replies",
    Kind.FORWARD: " forwards",
    Kind.EDIT: " edits a message",
    Kind.FILE: " sends a file",
}


class TerminalScreen:
    """Prints each event once; for changes, only what changed."""

    def __init__(self, names: Names, console: Console | None = None) -> None:
        self._names = names
        self._console = console or Console(highlight=False, markup=False, emoji=False)
        self._console.width = min(self._console.width, WIDTH)
        self._written: set[str] = set()  #: lines of forms
        self._text = ""  #: text of the last post
        self._cards: dict[int, CardSeen] = {}
        self._changes: list[str] = []  #: changed lines of the last changed card
        self._messages: dict[str, BotWrote] = {}
        self._doing = Text()  #: an action that had no visible effect yet
        self._likewise = Likewise()

    def say(self, text: str, style: str = "") -> None:
        """A line of the narrator."""
        self._flush()
        self._console.print(text, style=style or None)

    @singledispatchmethod
    def show(self, event: object) -> None:
        """Show an event."""
        raise TypeError(f"no such event: {event!r}")

    @show.register
    def _(self, event: NewAct) -> None:
        self._flush()
        self._console.print()
        self._console.rule(Text(event.title, style="bold"), align="left")

    @show.register
    def _(self, event: Narrated) -> None:
        self.say(event.text, "italic")

    @show.register
    def _(self, event: Posted) -> None:
        same, self._text = event.text == self._text, event.text
        if same and not event.note:
            self._add_likewise("post", terminal_text(event.by), "the same text")
            return
        self._flush()
        head = Text(terminal_text(event.by), style="bold cyan").append(f"{_DID[event.kind]} in #{event.channel}")
        if event.note:
            head.append(f"  ({event.note})", style="dim italic")
        self._console.print(head)
        if not same:
            self._indent(Text(_shortened(event.text, _LONGEST_SHOWN)), 2)

    @show.register
    def _(self, event: CardSeen) -> None:
        before, self._cards[event.case] = self._cards.get(event.case), event
        if before is not None:
            self._changed(event, before)
        elif any(_quotes(event) == _quotes(card) for number, card in self._cards.items() if number != event.case):
            self._add_likewise("card", str(event.case), "the same text")
        elif len(self._cards) == 1:
            self._whole_card(event)
        else:
            title, why = _essence(event)
            self._bar(f"case {event.case}", [title, why], most=_WHY_ROWS)

    @show.register
    def _(self, event: BotWrote) -> None:
        before, self._messages[event.where] = self._messages.get(event.where), event
        lines = [line for line in _lines(event.parts) if not line.startswith(_SMALL_PRINT)]
        if event.changed and before is not None:
            new = [line for line in lines if line not in _lines(before.parts)]
            if not any(line.startswith(_STATE) for line in new):  # the card of the case already showed it
                self._bar(f"{event.where}, changed", new[:1], most=0)
        else:
            buttons = " ".join(f"[{label}]" for label in event.buttons)
            self._bar(event.where, lines, most=_MESSAGE_ROWS, buttons=buttons)

    @show.register
    def _(self, event: Asked) -> None:
        by, what = terminal_text(event.by), terminal_text(event.what)
        if self._doing.plain.startswith(f"{by} "):
            self._doing.append(f", {what}")
        else:
            self._flush()
            self._doing = Text().append(by, style="bold green").append(f" {what}")
        if event.wrote or event.answer:
            self._flush()
        if event.wrote:
            self._rows(Text(self._new_lines(event.wrote), style="cyan"), _FORM_ROWS)
        if event.answer:
            self._rows(rendered("\n".join(event.answer), self._names), _ANSWER_ROWS)

    @show.register
    def _(self, event: Summary) -> None:
        for line in summary_lines(event.tally):
            self.say(line)

    def _flush(self) -> None:
        """Print events that were held back to be merged into one line."""
        for text in (self._doing, self._likewise.told()):
            if text:
                self._console.print(text)
        self._doing = Text()

    def _add_likewise(self, what: str, who: str, same: str) -> None:
        if not self._likewise.add(what, who, same):
            self._flush()
            self._likewise.add(what, who, same)

    def _changed(self, event: CardSeen, before: CardSeen) -> None:
        old = _lines(before.parts)
        new = [line for line in _lines(event.parts) if line not in old]
        changes = [line for line in new if not line.startswith(_NO_NEWS)][-_MOST_CHANGES:]
        same, self._changes = changes == self._changes, changes
        if same and not self._doing:
            self._add_likewise("card", str(event.case), "the same")
            return
        doing, self._doing = self._doing, Text()
        self._flush()
        if doing:
            self._console.print(doing)
        self._indent(
            Text(f"→ case {event.case}: ", style="yellow").append_text(rendered("\n".join(changes), self._names)), 2
        )

    def _whole_card(self, event: CardSeen) -> None:
        self._flush()
        body = Text("\n").join(rendered(part, self._names) for part in event.parts)
        body.append("\n\n").append("  ".join(f"[{label}]" for label in event.buttons), style="bold")
        title = f"#{REVIEW_CHANNEL}: the card of case {event.case}"
        panel = Panel(body, title=title, title_align="left", border_style="yellow", width=self._console.width - 2)
        self._console.print(Padding(panel, (0, 0, 0, 2)))
        self.say("  From here on, cards are shortened; `bylaw sandbox` shows them whole.", "dim italic")

    def _bar(self, where: str, lines: list[str], *, most: int, buttons: str = "") -> None:
        """Print a bot message: its place, its first line, and the first rows of the others after a bar."""
        self._flush()
        first, *others = lines or [""]
        self._indent(Text(f"{where}: ", style="yellow").append_text(rendered(first, self._names)), 2)
        self._rows(rendered("\n".join(others), self._names), most, bar=True)
        if buttons:
            self._rows(Text(buttons, style="bold"), most, bar=True)

    def _rows(self, text: Text, most: int, *, bar: bool = False) -> None:
        """The first rows of a text as wrapped by the terminal; "…" if there are more."""
        width = self._console.width - 6
        rows = [row for row in text.wrap(self._console, width) if row.plain.strip()]
        for row in rows[:most]:
            row.rstrip()
        if len(rows) > most > 0:
            rows[most - 1].append(" …")
        for row in rows[:most]:
            self._indent(Text("┃ ", style="yellow").append_text(row) if bar else row, 2 if bar else 4)

    def _indent(self, text: Text, columns: int) -> None:
        for row in text.wrap(self._console, self._console.width - columns):
            row.rstrip()
            self._console.print(Text(" " * columns).append_text(row))
            columns = max(columns, 4)  # what doesn't fit goes on the next line, indented

    def _new_lines(self, text: str) -> str:
        """The part of a text that wasn't shown before; for an edited policy, the lines that changed."""
        lines = [line for line in text.split("\n") if line.strip()]
        new = [line for line in lines if line not in self._written]
        shown = new if len(new) == len(lines) else ["(only the lines that changed)", *new]
        self._written.update(lines)
        return terminal_text("\n".join(shown))


@dataclass(slots=True)
class Likewise:
    """Several events of one kind in a row, merged into one line."""

    what: str = ""
    same: str = ""
    who: list[str] = field(default_factory=list)

    def add(self, what: str, who: str, same: str) -> bool:
        """Add an event. False if it is of another kind."""
        if self.who and (what, same) != (self.what, self.same):
            return False
        self.what, self.same = what, same
        self.who.append(who)
        return True

    def told(self) -> Text:
        """Return the line, or an empty one, and reset."""
        who, self.who = self.who, []
        if not who:
            return Text()
        if self.what == "post":
            return Text(", ".join(who), style="bold cyan").append(f": {self.same}", style="not bold default")
        cases = "case" if len(who) == 1 else "cases"
        return Text(f"  → {cases} {', '.join(who)}: {self.same}", style="yellow")


def _lines(parts: tuple[str, ...]) -> list[str]:
    return [line for part in parts for line in part.split("\n") if line]


def _quotes(card: CardSeen) -> list[str]:
    return [part for part in card.parts if part.startswith(_QUOTE)]


def _essence(card: CardSeen) -> tuple[str, str]:
    """The essence of a card: the rule and the reason. Its quote was shown when it was posted."""
    why = [line for line in _lines(card.parts) if line.startswith(_WHY)]
    return card.parts[0].split("\n")[0], "\n".join(why)


def _shortened(text: str, limit: int) -> str:
    safe = terminal_text(text)
    if len(safe) <= limit:
        return safe
    return f"{safe[:limit]} … and {len(safe) - limit} more characters"
