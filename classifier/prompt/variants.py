"""Which texts can take the place of our own in the prompt."""

from __future__ import annotations

from classifier.prompt import wording
from classifier.prompt_variant import PromptVariant


class BadVariant(ValueError):
    """A text cannot take the place of ours. The message is half a sentence that names it and says what it needs."""


def checked(variant: PromptVariant) -> PromptVariant:
    """The variant itself, if its texts keep what the rest of the prompt relies on.

    The model must be told both forms of an answer, or replies cannot be read; and texts must begin and end as ours do,
    so that they split into tokens where ours do (`classifier.prompt.wording`).

    Raises:
        BadVariant: a text does not.
    """
    for name, text in (("instructions", variant.instructions), ("answer", variant.answer)):
        for form in (wording.CLEAR_FORM, wording.VIOLATION_FORM):
            if text and form not in text:
                raise BadVariant(f'"{name}" must contain this form of an answer word for word: {form}')
    for name, ours, theirs in (
        ("instructions", wording.INSTRUCTIONS, variant.instructions),
        ("answer", wording.ANSWER, variant.answer),
        ("examples", wording.EXAMPLES, variant.examples),
        ("user_opening", wording.USER_OPENING, variant.user_opening),
        ("user_closing", wording.USER_CLOSING, variant.user_closing),
    ):
        before, after = _spaces_before(ours), _spaces_after(ours)
        if theirs and (before, after) != (_spaces_before(theirs), _spaces_after(theirs)):
            raise BadVariant(f'"{name}" needs {len(before)} line breaks before and {len(after)} after its words')
    return variant


def _spaces_before(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _spaces_after(text: str) -> str:
    return text[len(text.rstrip()) :]
