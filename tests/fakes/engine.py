"""A fake engine process: it speaks the engine's protocol and misbehaves as told.

`engine.py FOLDER PLACES HOW[,HOW...]` behaves as the first HOW says when it is started, as the second one when it is
restarted, and so on; the last one applies from then on. Once it is ready, the text of each message says how to answer;
slow ones only wait in the first run.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from classifier.inventing import Invented, Inventions, InventRequest
from classifier.judge import PolicyFit
from classifier.llama.wire import (
    Answer,
    Ask,
    Cancel,
    Failed,
    Note,
    Prepare,
    Prepared,
    Progress,
    Ready,
    Report,
    read_command,
    read_options,
    report_line,
)
from classifier.verdict import Method, Outcome, Provenance, Verdict

LONGEST_POLICY = 20  #: tokens, of which each character of the title is one


def say(report: Report) -> None:
    sys.stdout.buffer.write(report_line(report))
    sys.stdout.flush()


def babble(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def clear(number: int, rationale: str, *, method: Method = Method.SCRIPTED) -> Answer:
    provenance = Provenance(method=method, judge="fake", policy_fingerprint="f", reply_tokens=64)
    verdict = Verdict(outcome=Outcome.CLEAR, rule_ids=(), score=0.0, rationale=rationale, provenance=provenance)
    return Answer(id=number, judgement=verdict, reply_tokens=64)


def main() -> None:
    folder, places, plan = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(",")
    start = len(list(folder.glob("start-*")))
    (folder / f"start-{start}").touch()
    how = plan[min(start, len(plan) - 1)]
    options = read_options(sys.stdin.buffer.readline())
    if how == "fails":
        say(Failed(f"{options.model} is no good: get another one"))
        return
    if how == "dies":
        sys.exit("first words\nlast words")
    if how == "babbles":
        babble("hello there")
    if how == "answers too soon":
        say(clear(1, ""))
    if how in ("is mute", "babbles"):
        signal.pause()
    if how == "ignores":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(Ready(judge="fake", description=f"fake engine, start {start}", places=places))
    if how == "ignores":
        while True:
            signal.pause()
    FakeEngine(folder, first=start == 0).serve()


class FakeEngine:
    """Answers at once, unless the message says otherwise."""

    def __init__(self, folder: Path, *, first: bool) -> None:
        self._folder = folder
        self._first = first
        self._slow: dict[int, str] = {}
        self._said: list[Answer] = []

    def serve(self) -> None:
        for line in sys.stdin.buffer:
            match read_command(line):
                case Cancel(number):
                    self._slow.pop(number, None)
                    say(Answer(id=number, judgement=None))
                case Prepare() as prepare:
                    self._prepare(prepare)
                case Ask() as ask:
                    self._answer(ask)

    def _prepare(self, prepare: Prepare) -> None:
        title = prepare.policy.title
        self._log(f"prepare {title}")
        if title == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if title != "hold":
            say(Prepared(id=prepare.id, room=PolicyFit(tokens=len(title), most=LONGEST_POLICY)))

    def _answer(self, ask: Ask) -> None:
        number, text = ask.id, ask.request.content.target.text
        if isinstance(ask.request, InventRequest) and text != "judge me":
            written = tuple(Invented(text=f"{text} {place}", rule_id="R1") for place in range(ask.request.count))
            say(Answer(id=number, judgement=Inventions(invented=written), reply_tokens=64))
            return
        self._log(f"again: {text}" if ask.again else text)
        self._misbehave(text, number)
        if text == "progress":
            say(Progress(1))
        elif text == "cut forever" and ask.again:
            pass
        elif text.startswith("slow") and self._first:
            self._slow[number] = text
        elif text != "hold":
            if text == "release":
                self._release()
            cut = text.startswith("cut") and not (ask.again and text == "cut once")
            self._said.append(clear(number, text, method=Method.CUT if cut else Method.SCRIPTED))
            say(self._said[-1])
            if text == "twice":
                say(clear(number, "a second time"))

    def _misbehave(self, text: str, number: int) -> None:
        if text == "crash" or (text.startswith("crash once") and not (self._folder / "crashed").exists()):
            (self._folder / "crashed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "freeze" or (text == "freeze once" and not (self._folder / "frozen").exists()):
            (self._folder / "frozen").touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        if text == "babble":
            babble("{}")
        if text == "boast":
            babble("x" * (5 << 20))
        if text == "chatter":
            say(Ready(judge="fake", description="again", places=1))
            say(clear(number + 1000, "not asked"))
            say(Prepared(id=number + 1000, room=PolicyFit(tokens=1, most=1)))
        if text == "note":
            say(Note("out of memory: 16 -> 12 sequences"))
        if text == "repeat the last one":
            say(self._said[-1])

    def _release(self) -> None:
        for number, text in self._slow.items():
            say(clear(number, text))
        self._slow.clear()

    def _log(self, line: str) -> None:
        with (self._folder / "asked").open("a") as log:
            log.write(line + "\n")


main()
