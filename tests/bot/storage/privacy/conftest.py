"""Fixtures of what members ask of their data."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.bot.storage.privacy.kept import Kept


@pytest.fixture
def kept(file_engine: AsyncEngine) -> Kept:
    """Nothing yet."""
    return Kept(file_engine)
