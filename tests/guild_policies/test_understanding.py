"""What is told of a policy before it is saved."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guild_policies.policy import Policy
from guild_policies.text.parse import parse
from guild_policies.text.render import render
from guild_policies.understanding import Form, told, understand

OWN = "# A\n## Rules\n### R1 Spam\nBreaks it: adverts\nExamples:\n- violates: 'x'\n## Mood\nkind\n"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (OWN, Form.OWN),
        ("# A\n## VIOLATES (1)\nadverts\n## SAFE (0)\nnews\n", Form.DIALECT),
        ("no adverts\nplease", Form.PLAIN),
    ],
)
def test_a_text_is_saved_as_it_is_unless_it_is_in_another_form(text: str, form: Form) -> None:
    """Whatever is saved means what was shown."""
    understood = understand(text)
    assert understood.form is form
    assert (understood.text == text) is (form is not Form.DIALECT)
    assert parse(understood.text).policy == understood.policy


def test_rules_examples_and_guidance_are_counted() -> None:
    """On lines that fit a phone's code block when they are short."""
    assert list(told(understand(OWN))) == [
        "This policy is in Bylaw's format. It will be saved unchanged.",
        "Rules: 1",
        "R1 Spam (medium severity)",
        "  breaks it: adverts",
        "  examples: 1 that break it, 0 allowed",
        "Guidance sections, read with every message: 1",
        "  Mood: kind",
    ]


def test_plain_text_is_told_as_guidance() -> None:
    """Nobody is told that it says what breaks a rule."""
    assert "  guidance: please" in list(told(understand("no adverts\nplease")))


def test_what_is_left_out_is_named_line_by_line() -> None:
    """So that nobody looks for it in the draft."""
    text = "# A\n## VIOLATES (1)\nadverts\nOutput: INVALID\n## SAFE (0)\nnews\n"
    text += "## DEFINITIONS\n- a: b\n## If unclear\nallow\n"
    assert list(told(understand(text)))[-4:] == [
        "Definitions: 1",
        "When it is unclear: allow",
        "Lines left out, because Bylaw decides what answers look like: 1",
        "  line 4: Output: INVALID",
    ]


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_every_line_is_harmless(policies: st.SearchStrategy[Policy], data: st.DataObject) -> None:
    """No line break, escape code or reordering character gets into a line, and lines stay short."""
    text = render(data.draw(policies))
    for line in told(understand(text)):
        assert line.isprintable()
        assert len(line) < 400 or line.startswith("R")
