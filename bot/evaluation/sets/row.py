"""A row to judge, with the labels that people gave it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from classifier import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRow:
    """One row to judge, with the right answers."""

    number: int  #: line number, from 1; identifies it within its file
    id: str | int
    content: Content
    labels: Mapping[str, bool]  #: the known labels among those measured; a missing label is unknown
    cluster: str  #: rows with the same value depend on each other; never a text


def letters_of(text: str) -> str:
    """Only the letters of the text, in lower case; the whole text if it has none.

    Texts that only differ in numbers, emoji or punctuation are statistically the same text.
    """
    return "".join(filter(str.isalpha, text)).casefold() or text


def cluster_code(value: str) -> str:
    """A short code for a cluster, so that no text is stored."""
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
