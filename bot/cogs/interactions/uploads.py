"""Reads a policy that an admin attached as a file."""

from __future__ import annotations

import discord

from bot.moderation.policies.publishing import Blocked, Refused
from guild_policies.findings import Finding
from guild_policies.lint import MAX_UPLOAD_BYTES, decode_upload
from guild_policies.lint.fits_the_length_limit import too_long


async def read_upload(attachment: discord.Attachment) -> str | Blocked | Refused:
    """The text of a file; or what is wrong with it. A file that is far too long is not fetched at all."""
    if attachment.size > MAX_UPLOAD_BYTES:
        return _blocked(too_long(f"The file has {attachment.size:,} bytes"))
    try:
        data = await attachment.read()
    except discord.HTTPException:
        return Refused(why="Discord did not hand over the file. Attach it again.")
    text = decode_upload(data)
    return _blocked(text) if isinstance(text, Finding) else text


def _blocked(finding: Finding) -> Blocked:
    return Blocked(findings=(finding,), text="")
