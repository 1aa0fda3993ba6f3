"""PostgreSQL's database of a test, away for a while: every connection to it ends, and none can be opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url


@asynccontextmanager
async def database_away(address: str) -> AsyncIterator[None]:
    """Inside this block the database has another name."""
    url = make_url(address).set(drivername="postgresql")
    name, other = str(url.database), f"{url.database}_away"
    admin = await asyncpg.connect(url.set(database="template1").render_as_string(hide_password=False))
    try:
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await admin.execute(f'ALTER DATABASE "{name}" RENAME TO "{other}"')
        try:
            yield
        finally:
            await admin.execute(f'ALTER DATABASE "{other}" RENAME TO "{name}"')
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    finally:
        await admin.close()
