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
    """The files, the app and the passage as text; None where there are none."""
    if not evidence.files and evidence.app_id is None and evidence.passage is None:
        return None
    files = [asdict(file) for file in evidence.files]
    return json.dumps({"files": files, "app_id": evidence.app_id, "passage": evidence.passage})


def with_files_read(evidence: Evidence, written: str | None) -> Evidence:
    """The evidence with what was written. Where the present key does not open it, there is nothing."""
    if written is None or written == UNREADABLE:
        return evidence
    found = json.loads(written)
    passage = found.get("passage")
    return replace(
        evidence,
        files=tuple(_file(**file) for file in found["files"]),
        app_id=found["app_id"],
        passage=(passage[0], passage[1]) if passage else None,
    )


def _file(*, not_read: str | None, **known: str | int) -> AttachedFile:
    return AttachedFile(not_read=None if not_read is None else NotRead(not_read), **known)  # type: ignore[arg-type]  # as written
