"""Other wordings of the prompt: they change what they name and nothing else, and ours stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.content import Content, Message
from classifier.judge import Effort
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt import wording
from classifier.prompt.harmony import Prompt, build_prompt
from classifier.prompt.variants import BadVariant, checked
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.prompt_variant import AS_ALWAYS, PromptVariant

POLICY = PolicyText(
    title="Films",
    rules=(
        RuleText(
            id="R1",
            title="Spoilers",
            breaks_it="telling the end.",
            does_not="opinions.",
            examples=(LabelledExample(text="he dies", violates=True),),
        ),
    ),
)
CONTENT = Content(target=Message(text="what a film"))
FORMS = f"{wording.CLEAR_FORM} or {wording.VIOLATION_FORM}"


def prompt(variant: PromptVariant | None) -> Prompt:
    """The prompt about one message."""
    return build_prompt(
        POLICY, CONTENT, effort=Effort.LOW, vocabulary=ByteVocabulary(), fence_key=b"a key", variant=variant
    )


def text(variant: PromptVariant | None) -> str:
    """The same as text."""
    return ByteVocabulary().decode(prompt(variant).ids).decode()


def test_no_variant_and_an_empty_one_are_the_wording_of_the_bot() -> None:
    """Token by token."""
    assert prompt(None) == prompt(AS_ALWAYS) == prompt(PromptVariant())


@pytest.mark.parametrize(
    ("name", "constant", "other"),
    [
        ("instructions", "INSTRUCTIONS", f"Answer {FORMS}\n\n# Policy\n"),
        ("answer", "ANSWER", f"Write {FORMS}."),
        ("examples", "EXAMPLES", "\n\n## Cases\n"),
        ("user_opening", "USER_OPENING", "Look at this.\n"),
        ("user_closing", "USER_CLOSING", "\nWell?"),
    ],
)
def test_each_text_takes_the_place_of_ours(name: str, constant: str, other: str) -> None:
    """And all the rest stays."""
    ours = getattr(wording, constant)
    variant = checked(replace(AS_ALWAYS, **{name: other}))
    assert text(variant) == text(None).replace(ours, other)
    assert variant.fingerprint != AS_ALWAYS.fingerprint


def test_what_a_rule_allows_can_come_first() -> None:
    """Both keys are there, in the other order."""
    shown = text(PromptVariant(does_not_first=True))
    assert "### R1 Spoilers\nDoes not break it: opinions.\nBreaks it: telling the end.\n" in shown


@pytest.mark.parametrize(
    ("variant", "says"),
    [
        (PromptVariant(instructions="Judge.\n\n# Policy\n"), '"instructions" must contain this form of an answer'),
        (PromptVariant(answer=f"Write {wording.CLEAR_FORM}."), '"answer" must contain this form of an answer'),
        (PromptVariant(examples="## Cases\n"), '"examples" needs 2 line breaks before and 1 after'),
        (PromptVariant(user_opening="Look."), '"user_opening" needs 0 line breaks before and 1 after'),
        (PromptVariant(user_closing="Well?"), '"user_closing" needs 1 line breaks before and 0 after'),
    ],
)
def test_a_text_that_breaks_the_prompt_is_refused(variant: PromptVariant, says: str) -> None:
    """Replies could not be read, or tokens would split elsewhere."""
    with pytest.raises(BadVariant, match=says):
        checked(variant)
