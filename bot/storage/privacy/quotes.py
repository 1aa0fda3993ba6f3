"""Finds and removes quotes of a member in texts that others wrote. Pure, except for the cipher.

Somebody else's case can quote a member in five ways: with a line of theirs as context, with the message that it replies
to, with their words in what the judge wrote, with a mention, and as a webhook's case with exactly their words. A name
typed as plain text isn't found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.keys import Cipher
from bot.storage.cases.case_rows import ERASED, NO_TEXT

ERASED_MEMBER = "@erased member"  #: replaces a mention
_RUN = 3  #: this many words in a row that are also in a line of the member's count as a quotation
_SHORTEST_LINE = 8  #: characters; a line with fewer words must be this long and repeated completely
_SHORTEST_ID = 15  #: digits; a shorter number could mean anything
_WORD = re.compile(r"\w+")
#: Columns whose texts are JSON: only their strings are searched, so that ids don't change.
_JSON = frozenset(
    {
        "answers_encrypted",
        "asked_encrypted",
        "context_encrypted",
        "files_encrypted",
        "first_answer_encrypted",
        "fresh_encrypted",
        "reading_encrypted",
    }
)
_BY_JUDGE = ("rationale_encrypted", "reasoning_encrypted", "first_answer_encrypted")


def without_mentions(text: str, member_id: int) -> str:
    """The text with mentions of the member replaced, and their id if it is a separate word."""
    text = re.sub(rf"<@!?{member_id}>", ERASED_MEMBER, text)
    if len(str(member_id)) < _SHORTEST_ID:
        return text
    return re.sub(rf"(?<!\d){member_id}(?!\d)", ERASED_MEMBER, text)


def scrubbed(name: str, text: str, member_id: int) -> str:
    """The text of the column with this name, with mentions of the member replaced."""
    if name not in _JSON:
        return without_mentions(text, member_id)
    before = json.loads(text)
    after = _strings_without_mentions(before, member_id)
    return text if after == before else json.dumps(after)


def _strings_without_mentions(value: Any, member_id: int) -> Any:
    if isinstance(value, str):
        return without_mentions(value, member_id)
    if isinstance(value, list):
        return [_strings_without_mentions(each, member_id) for each in value]
    if isinstance(value, dict):
        return {key: _strings_without_mentions(each, member_id) for key, each in value.items()}
    return value


def without_member(row: Mapping[str, Any], member_id: int, columns: Iterable[str], cipher: Cipher) -> dict[str, Any]:
    """The changes to the row of another member's case so that it no longer quotes this one. Empty if it doesn't.

    Args:
        columns: those with encrypted texts. Texts that can't be decrypted don't change.
    """
    if (kept := _without_copy(_text(row["files_encrypted"], cipher), member_id)) is not None:
        words = {name: ERASED if name == "rationale_encrypted" else None for name in columns}
        return {**words, "files_encrypted": cipher.encrypt(kept), "speakers": None}
    changes: dict[str, Any] = {}
    context = _text(row["context_encrypted"], cipher)
    lines = [] if context is None else json.loads(context)
    said = [text for author_id, text in lines if author_id == member_id]
    letters = [letter for letter, speaker_id in row["speakers"] or () if speaker_id == member_id]
    for name in columns:
        text = _text(row[name], cipher)
        if text is None:
            continue
        if name == "context_encrypted":
            others = [[author, without_mentions(line, member_id)] for author, line in lines if author != member_id]
            if others != [[author, line] for author, line in lines]:
                changes[name] = cipher.encrypt(json.dumps(others)) if others else None
        elif name == "reading_encrypted" and _answers(text, member_id):
            changes[name] = None  # it quotes the message that this one replies to
        elif name in _BY_JUDGE and (_names(text, letters) or _quotes(text, said)):
            changes[name] = ERASED if name == "rationale_encrypted" else None
        elif (other := scrubbed(name, text, member_id)) != text:
            changes[name] = cipher.encrypt(other)
    if letters:
        changes["speakers"] = [each for each in row["speakers"] if each[1] != member_id] or None
    return changes


def _without_copy(files: str | None, member_id: int) -> str | None:
    """What remains of a webhook's message with the member's words: the webhook. None if it has no such words."""
    found = {} if files is None else json.loads(files)
    if found.get("copy", {}).get("member_id") != member_id:
        return None
    return json.dumps({"files": [], "app_id": None, "passage": None, "webhook": found["webhook"]})


def _answers(reading: str, member_id: int) -> bool:
    """Does the message reply to one of the member's?"""
    answered = json.loads(reading)["answers"]
    return answered is not None and answered[0] == member_id


def _text(token: bytes | None, cipher: Cipher) -> str | None:
    return None if token is None or token in NO_TEXT else cipher.decrypt(token)


def _names(text: str, letters: Iterable[str]) -> bool:
    """Does the judge mention them? It only knows members by letters."""
    return any(re.search(rf"(?<!\w){letter}(?!\w)", text) for letter in letters)


def _quotes(text: str, said: Iterable[str]) -> bool:
    """Does the judge repeat their words?"""
    words = f" {' '.join(_words(text))} "
    return any(f" {' '.join(run)} " in words for line in said for run in _runs(_words(line)))


def _runs(words: list[str]) -> Iterable[list[str]]:
    size = min(_RUN, len(words))
    if size < _RUN and len(" ".join(words)) < _SHORTEST_LINE:
        return []
    return [words[start : start + size] for start in range(len(words) - size + 1)] if size else []


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
