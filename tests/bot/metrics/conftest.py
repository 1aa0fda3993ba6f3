"""A registry, and what a monitoring system reads off it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

Read = Callable[..., float | None]


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of one test."""
    return CollectorRegistry()


@pytest.fixture
def read(registry: CollectorRegistry) -> Read:
    """The value of a sample by its name and labels; None where there is no such sample."""

    def sample(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    return sample
