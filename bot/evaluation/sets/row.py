"""A row to judge, with the labels that people gave it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from classifier import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRow:
    """One thing to judge and what the right answer is."""

    number: int  #: the line it is on, from 1; names it within its file
    id: str | int
    content: Content
    labels: Mapping[str, bool]  #: the known ones of those that are measured; a label that is absent is unknown
    cluster: str  #: rows with the same value are not independent of each other; never a text


def letters_of(text: str) -> str:
    """The text without anything but letters, in lower case; the whole text where it has none.

    Texts that differ in numbers, emoji or punctuation only are one text to a statistician.
    """
    return "".join(filter(str.isalpha, text)).casefold() or text


def cluster_code(value: str) -> str:
    """A short code for a cluster, so that no text is written down."""
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
