"""Sends traces to a collector over OTLP, where the environment names one. Its settings are OpenTelemetry's own."""

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
_NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")


@dataclass(frozen=True, slots=True)
class Export:
    """Traces on their way to a collector."""

    traces: Traces = field(default_factory=Traces)
    provider: Any = None  #: OpenTelemetry's; None where nothing is sent

    async def close(self) -> None:
        """Send what is left, for ten seconds at most. Safe to call twice."""
        if self.provider is not None:
            await asyncio.to_thread(self.provider.shutdown)


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
    """Traces that are sent where the environment says; without a collector, or without the extra, there are none."""
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
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Export(Traces(provider.get_tracer("bylaw")), provider)
