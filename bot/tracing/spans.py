"""The steps of one message as spans of one trace.

`Traces.message` opens a trace. Steps inside it, however deep, use `span`, which does nothing without a trace.
Nothing here imports OpenTelemetry unless it is given a tracer.

A span contains words from fixed lists, numbers, and the number of a case: no text, no name and no id of a member or a
server. Of an exception it only contains the class, because its text may quote a message.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Value = str | int | float | bool

_TRACER: ContextVar[Any] = ContextVar("the tracer of the message that is being dealt with", default=None)


class Span:
    """A step in progress. Does nothing without a trace."""

    def __init__(self, tracer: Any = None, span: Any = None) -> None:
        """Both are OpenTelemetry's, or both None."""
        self._tracer, self._span = tracer, span
        self._began = time.time_ns()

    def note(self, **values: Value) -> None:
        """Add attributes, with the prefix ``bylaw.``."""
        if self._span is not None:
            self._span.set_attributes({f"bylaw.{name}": value for name, value in values.items()})

    def queued(self, seconds: float) -> None:
        """The first seconds of this step were spent waiting for a turn: a span of its own shows them."""
        if self._tracer is not None:
            ended = self._began + int(seconds * 1e9)
            self._tracer.start_span("queued", start_time=self._began).end(ended)

    def failed(self, error: BaseException) -> None:
        """Record the error that ended the step."""
        if self._span is not None:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_attribute("error.type", type(error).__name__)
            self._span.set_status(Status(StatusCode.ERROR))


_NO_SPAN = Span()


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A trace whose message is waiting for another turn."""

    context: Any  #: OpenTelemetry's
    since: int  #: start of waiting, in nanoseconds since 1970


class Traces:
    """Opens traces of messages."""

    def __init__(self, tracer: Any = None) -> None:
        """`tracer` is an ``opentelemetry.trace.Tracer``. None: there are no traces."""
        self._tracer = tracer

    @contextmanager
    def message(self, **values: Value) -> Iterator[Span]:
        """Trace the processing of a message inside this block: a separate trace, even inside another one."""
        if self._tracer is None:
            yield _NO_SPAN
            return
        from opentelemetry.context import Context

        with _tracing(self._tracer), _opened("message", values, context=Context()) as opened:
            yield opened

    @contextmanager
    def next_turn(self, earlier: Interrupted | None, **values: Value) -> Iterator[Span]:
        """Trace another turn of a waiting message inside this block, in its existing trace."""
        if self._tracer is None or earlier is None:
            yield _NO_SPAN
            return
        with _tracing(self._tracer):
            self._tracer.start_span("queued", context=earlier.context, start_time=earlier.since).end()
            with _opened("next turn", values, context=earlier.context) as opened:
                yield opened


@contextmanager
def span(name: str, **values: Value) -> Iterator[Span]:
    """A step inside the current one."""
    if _TRACER.get() is None:
        yield _NO_SPAN
        return
    with _opened(name, values) as opened:
        yield opened


def interrupt() -> Interrupted | None:
    """The message being dealt with has to wait: what `Traces.next_turn` needs then. None if there is no trace."""
    if _TRACER.get() is None:
        return None
    from opentelemetry.context import get_current

    return Interrupted(get_current(), time.time_ns())


@contextmanager
def _tracing(tracer: Any) -> Iterator[None]:
    before = _TRACER.set(tracer)
    try:
        yield
    finally:
        _TRACER.reset(before)


@contextmanager
def _opened(name: str, values: dict[str, Value], *, context: Any = None) -> Iterator[Span]:
    tracer = _TRACER.get()
    quiet = {"record_exception": False, "set_status_on_exception": False}  # they would record texts of exceptions
    with tracer.start_as_current_span(name, context=context, **quiet) as started:
        opened = Span(tracer, started)
        opened.note(**values)
        try:
            yield opened
        except BaseException as error:
            opened.failed(error)
            raise
