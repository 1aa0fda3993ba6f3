"""The package's README tells the truth about the prompt."""

from __future__ import annotations

import re
from pathlib import Path

from classifier.content import Content, Message
from classifier.judge import Effort
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt.harmony import build_prompt
from classifier.prompt.vocabulary import ByteVocabulary

README = Path(__file__).resolve().parents[2] / "classifier" / "README.md"

POLICY = PolicyText(
    title="Spoilers in the film club",
    purpose="Keep surprises safe for members who have not seen the film yet.",
    rules=(
        RuleText(
            id="R1",
            title="Unmarked spoiler",
            breaks_it="telling what happens after the first half hour outside spoiler tags.",
            does_not="opinions without plot.",
            examples=(
                LabelledExample(text="cannot believe the sister was behind it all along", violates=True),
                LabelledExample(text="the ending wrecked me, no details", violates=False),
            ),
        ),
    ),
    when_unclear="Count it as allowed when the film is older than ten years.",
)
CONTENT = Content(
    target=Message(author="B", text="same, I never suspected the sister"),
    context=(Message(author="A", text="just came out of the cinema, wow"),),
)


def test_the_example_is_a_real_prompt() -> None:
    """The prompt that the page shows is the one that the code builds."""
    vocabulary = ByteVocabulary()
    control = vocabulary.control
    names = {control.start: b"<|start|>", control.end: b"<|end|>", control.message: b"<|message|>"}
    prompt = build_prompt(POLICY, CONTENT, effort=Effort.LOW, vocabulary=vocabulary, fence_key=b"readme")
    shown = b"".join(names.get(token) or vocabulary.decode([token]) for token in prompt.ids).decode()
    assert re.findall(r"```text\n(.*?)\n```", README.read_text(encoding="utf-8"), flags=re.DOTALL) == [shown]


def test_every_folder_is_described() -> None:
    """A newcomer finds each folder on the page, and no folder that is gone."""
    page = README.read_text(encoding="utf-8").partition("## Folders")[2].partition("\n## ")[0]
    named = set(re.findall(r"^- `(\w+)/`", page, flags=re.MULTILINE))
    assert named == {path.parent.name for path in README.parent.glob("*/__init__.py")}
