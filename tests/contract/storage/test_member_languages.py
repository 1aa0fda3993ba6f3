"""The language that members were last seen with: kept by server, replaced, forgotten after the retention time."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 30, tzinfo=UTC)
