"""Errors of evaluations."""

from __future__ import annotations


class CannotEvaluate(Exception):
    """A set card, a manifest, a file of predictions or a judge isn't usable.

    The text is one line that says what to do, and quotes nothing that a member wrote.
    """


class UnusableFile(CannotEvaluate):
    """A file that somebody wrote for an evaluation, a set card or variants, cannot be used."""
