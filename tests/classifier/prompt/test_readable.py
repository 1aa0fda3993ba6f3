"""Token ids as people read them."""

from __future__ import annotations

from classifier.prompt.readable import Run, runs_of
from classifier.prompt.vocabulary import ByteVocabulary


def test_control_tokens_are_named_and_text_is_kept_whole() -> None:
    """A run of text stays one, also where it spells a control token; broken bytes show as such."""
    vocabulary = ByteVocabulary()
    ids = (
        vocabulary.control.start,
        *vocabulary.encode("user é <|start|>"),
        vocabulary.control.message,
        0xFF,
        263,
    )
    assert list(runs_of(ids, vocabulary)) == [
        Run(text="start", control=True),
        Run(text="user é <|start|>", control=False),
        Run(text="message", control=True),
        Run(text="\N{REPLACEMENT CHARACTER}", control=False),
        Run(text="263", control=True),
    ]


def test_nothing_reads_as_nothing() -> None:
    """No ids, no runs."""
    assert list(runs_of((), ByteVocabulary())) == []
