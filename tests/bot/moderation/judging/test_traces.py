"""One message gives one trace, from its event to its card, and the trace holds nothing of what was said or by whom."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.judging.pipeline import Pipeline
from bot.moderation.messages.message_seen import MessageSeen
from bot.tracing.spans import Traces, span
from classifier import Judgement, JudgeRequest, Undecided, UndecidedReason, Verdict

pytest.importorskip("opentelemetry.sdk.trace", reason="OpenTelemetry is not installed: pip install 'bylaw[otel]'")

Seen = Callable[..., MessageSeen]
MakeDesk = Callable[..., Awaitable[Any]]
OWN = 1000
SECRET = "zanzibar"


class Collected:
    """Spans as they would be sent."""

    def __init__(self) -> None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self._exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.traces = Traces(provider.get_tracer("test"))

    def spans(self) -> list[Any]:
        """All that ended, in the order in which they began."""
        return sorted(self._exporter.get_finished_spans(), key=lambda each: each.start_time)

    def tree(self) -> list[tuple[str, str]]:
        """Each span's name with that of the span around it."""
        names = {each.context.span_id: each.name for each in self.spans()}
        return sorted((each.name, names[each.parent.span_id] if each.parent else "") for each in self.spans())

    def one(self, name: str) -> dict[str, Any]:
        """The attributes of the only span of this name, without the prefix."""
        (found,) = [each for each in self.spans() if each.name == name]
        return {name.removeprefix("bylaw."): value for name, value in found.attributes.items()}


@pytest.fixture
def collected() -> Collected:
    """What is traced."""
    return Collected()


def traced(desk: Any, collected: Collected) -> Pipeline:
    """The desk's pipeline, with its messages traced."""
    pipeline: Pipeline = desk.pipeline
    pipeline.trace_with(collected.traces)
    return pipeline


async def test_a_violation_is_one_trace_from_event_to_card(desk: Any, seen_factory: Seen, collected: Collected) -> None:
    """With the wait for the judge, what it took, what was decided and where the card is."""
    await traced(desk, collected).see(seen_factory(), own_id=OWN)
    assert len({each.context.trace_id for each in collected.spans()}) == 1
    assert collected.tree() == [
        ("card", "message"),
        ("decision", "message"),
        ("judge", "message"),
        ("message", ""),
        ("queued", "judge"),
    ]
    assert collected.one("message") == {"lane": "live", "result": "judged"}
    judge = collected.one("judge")
    assert (judge["outcome"], judge["method"]) == ("violation", "scripted")
    assert {"prompt_tokens", "reply_tokens", "seconds_computed"} <= judge.keys()
    assert collected.one("decision")["plan"] == "open_case"
    assert collected.one("card") == {"case": 1, "state": "posted"}


async def test_each_message_has_a_trace_of_its_own(desk: Any, seen_factory: Seen, collected: Collected) -> None:
    """A clear one has no card, and one that is not judged says why."""
    pipeline = traced(desk, collected)
    await pipeline.see(seen_factory(text="lovely weather"), own_id=OWN)
    await pipeline.see(seen_factory(message_id=301, author_is_bot=True), own_id=OWN)
    roots = [each for each in collected.spans() if each.parent is None]
    assert [each.attributes["bylaw.result"] for each in roots] == ["judged", "skipped_bot"]
    assert len({each.context.trace_id for each in roots}) == 2
    assert collected.one("decision")["plan"] == "keep_clear"
    assert "card" not in {each.name for each in collected.spans()}


async def test_a_message_that_waits_goes_on_in_its_trace(
    desk_factory: MakeDesk, seen_factory: Seen, verdict_factory: Callable[..., Verdict], collected: Collected
) -> None:
    """The time until its next turn is a span, and what that turn brings follows."""
    answers: list[Judgement] = [
        Undecided(reason=UndecidedReason.QUEUE_FULL, detail="the judge had no time"),
        verdict_factory(),
    ]
    desk = await desk_factory(answer=lambda _: answers.pop(0))
    pipeline = traced(desk, collected)
    assert (await pipeline.see(seen_factory(), own_id=OWN)).waiting
    assert await pipeline.judge_waiting() == 1
    assert len({each.context.trace_id for each in collected.spans()}) == 1
    assert collected.one("message")["result"] == "waiting"
    assert collected.one("next turn")["result"] == "judged"
    assert [around for name, around in collected.tree() if name == "queued"] == ["judge", "message"]
    assert [around for name, around in collected.tree() if name == "card"] == ["next turn"]
    undecided, decided = [each.attributes for each in collected.spans() if each.name == "judge"]
    assert (undecided["bylaw.outcome"], undecided["bylaw.reason"]) == ("undecided", "queue_full")
    assert decided["bylaw.outcome"] == "violation"


async def test_nothing_is_said_of_texts_and_people(
    desk_factory: MakeDesk, seen_factory: Seen, verdict_factory: Callable[..., Verdict], collected: Collected
) -> None:
    """Neither a word of a message or a rationale nor an id of Discord's, and of an exception only what it is."""

    def answer(request: JudgeRequest) -> Judgement:
        if "fail" in request.content.target.text:
            raise ValueError(f"about {SECRET}")
        return verdict_factory(rationale=f"They said {SECRET}.")

    desk = await desk_factory(answer=answer)
    pipeline, seen = traced(desk, collected), seen_factory(text=f"{SECRET} is here")
    ids = [str(each) for each in (seen.author_id, seen.channel_id, seen.message_id)]
    await pipeline.see(seen, own_id=OWN)
    with pytest.raises(ValueError, match=SECRET):
        await pipeline.see(replace(seen, message_id=301, text=f"fail {SECRET}"), own_id=OWN)
    sent = [(each.name, each.attributes, each.events, each.status, each.resource) for each in collected.spans()]
    assert SECRET not in repr(sent)
    values = {str(value) for _, attributes, *_ in sent for value in attributes.values()}
    assert values.isdisjoint(ids)
    failed = [each for each in collected.spans() if "error.type" in each.attributes]
    assert {each.attributes["error.type"] for each in failed} == {"ValueError"}
    assert all(not each.events and each.status.description is None for each in collected.spans())


async def test_outside_of_a_trace_nothing_is_traced(desk: Any, seen_factory: Seen, collected: Collected) -> None:
    """A step on its own, and everything after the message."""
    with span("judge") as step:
        step.note(outcome="clear")
    await traced(desk, collected).see(seen_factory(), own_id=OWN)
    with span("judge"):
        pass
    assert [name for name, _ in collected.tree()].count("judge") == 1


def test_without_a_collector_nothing_is_imported() -> None:
    """OpenTelemetry is not loaded by opening nothing and by steps that nobody traces."""
    program = (
        "import sys; from bot.tracing.export import open_export; from bot.tracing.spans import span;"
        "import bot.moderation.judging.pipeline;"
        "opened = open_export({'OTEL_EXPORTER_OTLP_ENDPOINT': ' '});\n"
        "with opened.traces.message(), span('judge') as step: step.note(a=1)\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
