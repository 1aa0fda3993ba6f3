"""`bylaw sandbox`: prints the address of its page, serves it, and ends quietly."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import aiohttp
import pytest


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
async def test_the_command_serves_until_it_is_stopped() -> None:
    """The page is there at once, with the files that it is made of; SIGTERM ends it without a complaint."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "sandbox",
        stdout=pipe,
        stderr=pipe,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as browser:
            first, second = await process.stdout.readline(), await process.stdout.readline()
            assert first.startswith(b"No model file: the lite judge")
            address = second.decode().split()[1]
            for file, kind in (("", "text/html"), ("app.js", "text/javascript"), ("page.css", "text/css")):
                async with browser.get(address + file) as page:
                    assert (page.status, page.content_type) == (200, kind)
            process.send_signal(signal.SIGTERM)
            _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, complaint) == (0, b"")
