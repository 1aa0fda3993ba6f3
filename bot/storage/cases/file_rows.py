"""Converts the files of a case to stored text: names and links are the members' own, so they are encrypted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from bot.keys import UNREADABLE
from bot.moderation.cases.attached_file import AttachedFile, NotRead
from bot.moderation.cases.case import Evidence
from bot.moderation.cases.webhook import CopiedMessage, Webhook
from classifier.content import clean_text


def files_cleaned(files: tuple[AttachedFile, ...]) -> tuple[AttachedFile, ...]:
    """The files with their texts made storable."""
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


def webhook_cleaned(webhook: Webhook | None) -> Webhook | None:
    """The same for the webhook, whose name is user text."""
    return None if webhook is None else replace(webhook, name=clean_text(webhook.name))


def files_written(evidence: Evidence) -> str | None:
    """The files, app, passage, webhook and the edited flag, as text; None if there are none."""
    written: dict[str, Any] = {
        "files": [asdict(file) for file in evidence.files],
        "app_id": evidence.app_id,
        "passage": evidence.passage,
    }
    if evidence.overtaken:
        written["overtaken"] = True
    for key, each in (("webhook", evidence.webhook), ("copy", evidence.copy)):
        if each is not None:
            written[key] = asdict(each)
    return json.dumps(written) if any(value not in (None, []) for value in written.values()) else None


def with_files_read(evidence: Evidence, written: str | None) -> Evidence:
    """The evidence with what was stored; without it if it can't be decrypted."""
    if written is None or written == UNREADABLE:
        return evidence
    found = json.loads(written)
    passage = found.get("passage")
    return replace(
        evidence,
        files=tuple(_file(**file) for file in found["files"]),
        app_id=found["app_id"],
        passage=(passage[0], passage[1]) if passage else None,
        overtaken=found.get("overtaken", False),
        webhook=Webhook(**found["webhook"]) if "webhook" in found else None,
        copy=CopiedMessage(**found["copy"]) if "copy" in found else None,
    )


def _file(*, not_read: str | None, **known: str | int) -> AttachedFile:
    return AttachedFile(not_read=None if not_read is None else NotRead(not_read), **known)  # type: ignore[arg-type]  # as written
