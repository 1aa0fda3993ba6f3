"""Sends traces to a collector over OTLP, if the environment names one. The settings are OpenTelemetry's own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from bot.tracing.spans import Traces

_log = logging.getLogger(__name__)

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"  #: the variable that names the collector, such as ``http://127.0.0.1:4318``
MISSING = f"{ENDPOINT} is set, and sending traces needs OpenTelemetry: install it with `pip install 'bylaw[otel]'`"
LONGEST_S = 3.0  #: seconds for sending, including retries, unless the environment says otherwise
_NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")


@dataclass(frozen=True, slots=True)
class Export:
    """The export of traces to a collector."""

    traces: Traces = field(default_factory=Traces)
    provider: Any = None  #: OpenTelemetry's; None if nothing is sent

    async def close(self) -> None:
        """Send the remaining traces, within `LONGEST_S`. Safe to call twice."""
        if self.provider is not None:
            await asyncio.to_thread(self.provider.shutdown)


class _OneLine:
    """Wraps an OpenTelemetry exporter: logs one line when it begins to fail and one when it works again."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter
        self._fails = False
        logging.getLogger(type(exporter).__module__).setLevel(logging.CRITICAL)  # it writes lines for every attempt

    def export(self, spans: Any) -> Any:
        """As ``SpanExporter.export``."""
        result = self._exporter.export(spans)
        fails = result.name != "SUCCESS"
        if fails and not self._fails:
            _log.warning(f"traces cannot be sent: check that the collector runs and that {ENDPOINT} is right")
        elif self._fails and not fails:
            _log.info("traces can be sent again")
        self._fails = fails
        return result

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """As ``SpanExporter.force_flush``."""
        return bool(self._exporter.force_flush(timeout_millis))

    def shutdown(self) -> None:
        """As ``SpanExporter.shutdown``."""
        self._exporter.shutdown()


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Does the environment name a collector?"""
    return bool(environment.get(ENDPOINT, "").strip())


def is_installed() -> bool:
    """Is the extra `otel` installed?"""
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except ModuleNotFoundError:  # of a package around it
        return False


def open_export(environment: Mapping[str, str]) -> Export:
    """Create traces that are sent to the collector in the environment. Without a collector, or without the extra, there
    are none."""
    if not is_wanted(environment):
        return Export()
    if not is_installed():
        _log.warning(MISSING)
        return Export()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if environment.get("OTEL_SERVICE_NAME") else {"service.name": "bylaw"}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    timed = any(f"OTEL_EXPORTER_OTLP_{name}" in environment for name in ("TIMEOUT", "TRACES_TIMEOUT"))
    exporter: Any = _OneLine(OTLPSpanExporter() if timed else OTLPSpanExporter(timeout=LONGEST_S))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Export(Traces(provider.get_tracer("bylaw")), provider)
