"""The files of a case as they are written down: names and links are the members' own, so they are encrypted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from bot.keys import UNREADABLE
from bot.moderation.cases.attached_file import AttachedFile, NotRead
from bot.moderation.cases.case import Evidence
from classifier.content import clean_text


def files_cleaned(files: tuple[AttachedFile, ...]) -> tuple[AttachedFile, ...]:
    """The files with texts that every store keeps alike."""
    return tuple(
        replace(
            file,
            name=clean_text(file.name),
            kind=clean_text(file.kind),
            url=clean_text(file.url),
            description=clean_text(file.description),
        )
        for file in files
    )


def files_written(evidence: Evidence) -> str | None:
    """The files and the app as text; None where there are none."""
    if not evidence.files and evidence.app_id is None:
        return None
    return json.dumps({"files": [asdict(file) for file in evidence.files], "app_id": evidence.app_id})


def files_read(written: str | None) -> tuple[tuple[AttachedFile, ...], int | None]:
    """The files and the app. Where the present key does not open them, there are none."""
    if written is None or written == UNREADABLE:
        return (), None
    found = json.loads(written)
    return tuple(_file(**file) for file in found["files"]), found["app_id"]


def _file(*, not_read: str | None, **known: str | int) -> AttachedFile:
    return AttachedFile(not_read=None if not_read is None else NotRead(not_read), **known)  # type: ignore[arg-type]  # as written
