"""What a store refuses. Pure, and shared by all stores, so that they cannot differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from guild_policies.scope import PolicySettings
from guild_policies.sentences import marked
from guild_policies.store.port import (
    MAX_NAME_LENGTH,
    MAX_POLICIES_PER_SERVER,
    MAX_REASON_LENGTH,
    MAX_TEXT_LENGTH,
    BadName,
    BadText,
    ChangedMeanwhile,
    NameTaken,
    NothingToDo,
    NothingToPublish,
    TooManyPolicies,
)
from guild_policies.versions import Draft, PolicyVersion, StoredPolicy

#: Controls, halves of characters, line ends, private and unassigned ones, and format marks, which turn writing around.
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp", "Co", "Cn", "Cf"})
#: Two of the format marks belong in words: Persian needs one of them, many emoji the other.
_JOINERS = frozenset("\u200c\u200d")


def checked_name(name: str) -> str:
    """The name without spaces around it. Raises `BadName`."""
    name = unicodedata.normalize("NFC", name.strip())
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise BadName(marked("Give the policy a name of 1 to {most} characters."), most=MAX_NAME_LENGTH)
    if not all(map(_is_seen, name)):
        raise BadName(marked("Write the name on one line, without invisible characters."))
    if all(unicodedata.category(char)[0] in "CMZ" for char in name):
        raise BadName(marked("Use at least one letter, digit or symbol in the name."))
    return name


def name_from(title: str, limit: int) -> str:
    """A name that a title suggests: without what cannot be seen, whole words where they fit; empty where none is left.

    Args:
        limit: the most UTF-16 units of the name.
    """
    words = " ".join(unicodedata.normalize("NFC", title).split())
    name = " ".join("".join(char for char in words if _is_seen(char)).split())[: limit + 1]
    while len(name.encode("utf-16-le")) // 2 > limit:
        name = name.rpartition(" ")[0] or name[:-1]
    try:
        return checked_name(name)
    except BadName:
        return ""


def check_new(name: str, known: Sequence[StoredPolicy]) -> None:
    """Raises `BadName`, `NameTaken` or `TooManyPolicies` unless a server with these policies can have such another."""
    key = name_key(checked_name(name))
    if any(name_key(each.name) == key for each in known):
        raise NameTaken(marked("There is already a policy with this name."))
    if len(known) >= MAX_POLICIES_PER_SERVER:
        raise TooManyPolicies(
            marked("A server can have at most {most} policies. Delete one first."), most=MAX_POLICIES_PER_SERVER
        )


def name_key(name: str) -> str:
    """A key that is equal for names that count as the same: case and the encoding of accents do not matter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())


def checked_text(text: str) -> str:
    """The text as it is. Raises `BadText`."""
    if len(text) > MAX_TEXT_LENGTH:
        raise BadText(marked("Shorten the policy to at most {most} characters."), most=MAX_TEXT_LENGTH)
    if not _storable(text):
        raise BadText(marked("The policy has characters that cannot be saved. Save it as plain text (UTF-8)."))
    return text


def checked_reason(reason: str) -> str:
    """A reason on one line, without spaces around it. Raises `BadText`."""
    reason = " ".join(reason.split())
    if len(reason) > MAX_REASON_LENGTH:
        raise BadText(marked("Shorten the reason to at most {most} characters."), most=MAX_REASON_LENGTH)
    if not _storable(reason):
        raise BadText(marked("The reason has characters that cannot be saved. Write it as plain text."))
    return reason


def check_save(current: StoredPolicy, seen_revision: int | None) -> None:
    """Raises `ChangedMeanwhile` unless the author saw the draft that there is."""
    if seen_revision != (None if current.draft is None else current.draft.revision):
        raise ChangedMeanwhile(current)


def checked_draft(current: StoredPolicy, *, seen_revision: int, last_revision: int) -> Draft:
    """The draft to publish. `last_revision` is the newest that the policy ever had.

    Raises `ChangedMeanwhile`, `NothingToPublish`.
    """
    if current.draft is None:
        if 0 < seen_revision <= last_revision:
            raise ChangedMeanwhile(current)
        raise NothingToPublish(marked("There is no draft yet. Write one first."))
    if seen_revision != current.draft.revision:
        raise ChangedMeanwhile(current)
    if current.published is not None and current.published.text == current.draft.text:
        raise NothingToPublish(marked("The draft is the same as the version in force."))
    return current.draft


def check_roll_back(current: StoredPolicy, target: PolicyVersion, seen_number: int) -> None:
    """Raises `ChangedMeanwhile`, `NothingToPublish`."""
    if current.published is None or current.published.number != seen_number:
        raise ChangedMeanwhile(current)
    if current.published.number == target.number:
        raise NothingToPublish(marked("This version is already in force."))


def check_discard(current: StoredPolicy, seen_revision: int) -> None:
    """Raises `ChangedMeanwhile`, `NothingToDo`."""
    if current.draft is None:
        raise NothingToDo(marked("There is no draft to discard."))
    if current.draft.revision != seen_revision:
        raise ChangedMeanwhile(current)


def check_pause(current: StoredPolicy, *, paused: bool) -> None:
    """Raises `NothingToDo`."""
    if current.paused == paused:
        raise NothingToDo(marked("The policy is already paused.") if paused else marked("The policy is not paused."))


def check_settings(current: StoredPolicy, settings: PolicySettings, seen: PolicySettings) -> None:
    """Raises `ChangedMeanwhile`, `NothingToDo`."""
    if current.settings != seen:
        raise ChangedMeanwhile(current)
    if current.settings == settings:
        raise NothingToDo(marked("The policy already has these settings."))


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in _UNSEEN or char in _JOINERS


def _storable(text: str) -> bool:
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)
