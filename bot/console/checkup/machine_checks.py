"""The checks of `bylaw doctor` on the machine: versions, the clock, the port for metrics, and traces."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from bot.console.checkup.report import Line, fail, ok, warn
from bot.console.checkup.storage_checks import words_for

if TYPE_CHECKING:
    from bot.settings import Settings


def check_versions() -> list[Line]:
    """Report the installed versions, and packages with a wrong version, which an interrupted upgrade leaves."""
    installed = f"Bylaw {version('bylaw')}, Python {platform.python_version()}, discord.py {version('discord.py')}"
    wrong = wrong_packages(requires("bylaw") or (), version)
    return wrong or [ok("versions", f"{installed}, SQLite {sqlite3.sqlite_version}")]


def wrong_packages(wanted: Iterable[str], installed: Callable[[str], str]) -> list[Line]:
    """A line for each package that is missing or has the wrong version for Bylaw.

    Args:
        installed: the version of a package; raises `PackageNotFoundError` if it is missing.
    """
    lines = []
    for requirement in map(Requirement, wanted):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = installed(requirement.name)
        except PackageNotFoundError:
            found = ""
        if not found or not requirement.specifier.contains(found, prereleases=True):
            what = f"{requirement.name} {found} is installed" if found else f"{requirement.name} is missing"
            wish = f"{requirement.name}{requirement.specifier}"
            lines.append(
                warn("versions", f"{what}, and this Bylaw needs {wish}: install Bylaw again, the upgrade was cut off")
            )
    return lines


def check_traces(environment: Mapping[str, str]) -> list[Line]:
    """Whether traces are sent; nothing if nobody asked for them."""
    from bot.tracing.export import ENDPOINT, MISSING, is_installed, is_wanted

    if not is_wanted(environment):
        return []
    return [ok("traces", f"sent to what {ENDPOINT} names") if is_installed() else warn("traces", MISSING)]


def clock_line(lead: timedelta) -> Line:
    """Report a machine's clock that is this far ahead of Discord's."""
    from bot.cogs.date_header import MAY_DIFFER

    if abs(lead) < MAY_DIFFER:
        return ok("clock", "agrees with Discord's")
    side = "ahead of" if lead > timedelta() else "behind"
    return warn(
        "clock",
        f"this machine's clock is {words_for(abs(lead))} {side} Discord's, so cases carry wrong times: set it, for "
        "example with `timedatectl set-ntp true`",
    )


async def check_metrics(settings: Settings) -> list[Line]:
    """Check that metrics can be served on the address in the settings. Opens the port for a moment."""
    from prometheus_client import CollectorRegistry

    from bot.console.checkup.heartbeat import runs
    from bot.metrics.page import AddressUnusable, MetricsPage
    from bot.metrics.readiness import Readiness

    if settings.metrics_port is None:
        return []
    place = f"{settings.metrics_host}:{settings.metrics_port}"
    if runs(settings.data_dir):
        return [ok("metrics", f"{place}, which the running bot has")]
    page = MetricsPage(CollectorRegistry(), Readiness)
    try:
        await page.open(settings.metrics_host, settings.metrics_port)
    except AddressUnusable as error:
        return [fail("metrics", str(error))]
    await page.close()
    return [ok("metrics", f"{place} is free")]
