"""A program in the engine's place: it speaks the engine's language and misbehaves as it is told.

`fake_engine.py FOLDER HOW[,HOW...]` behaves as the first HOW says when it is started, as the second one when it is
started again, and so on; the last one stays. Once it is ready, the text of each message says what becomes of it.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from classifier.llama.wire import Answer, Ask, Failed, Ready, read_command, read_options, report_line
from classifier.verdict import Method, Outcome, Provenance, Verdict


def say(report: Ready | Failed | Answer) -> None:
    sys.stdout.buffer.write(report_line(report))
    sys.stdout.flush()


def babble(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def clear(number: int, rationale: str) -> Answer:
    provenance = Provenance(method=Method.SCRIPTED, judge="fake", policy_fingerprint="f")
    verdict = Verdict(outcome=Outcome.CLEAR, rule_ids=(), score=0.0, rationale=rationale, provenance=provenance)
    return Answer(id=number, judgement=verdict)


def main() -> None:
    folder, plan = Path(sys.argv[1]), sys.argv[2].split(",")
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
    say(Ready(judge="fake", description=f"fake engine, start {start}"))
    if how == "ignores":
        while True:
            signal.pause()
    serve(folder)


def serve(folder: Path) -> None:
    for line in sys.stdin.buffer:
        command = read_command(line)
        if not isinstance(command, Ask):
            say(Answer(id=command.id, judgement=None))
            continue
        text = command.request.content.target.text
        with (folder / "asked").open("a") as log:
            log.write(text + "\n")
        if text == "crash" or (text == "crash once" and not (folder / "crashed").exists()):
            (folder / "crashed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        if text == "babble":
            babble("{}")
        if text == "boast":
            babble("x" * (5 << 20))
        if text == "chatter":
            say(Ready(judge="fake", description="again"))
            say(clear(command.id + 1000, "not asked"))
        if text != "hold":
            say(clear(command.id, text))
            if text == "twice":
                say(clear(command.id, "a second time"))


main()
