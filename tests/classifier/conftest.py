"""What the classifier's tests share: policies to judge by, and the model's real vocabulary where it is at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import openai_harmony
import pytest

from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.prompt.vocabulary import ByteVocabulary, ControlIds

SHARED = Path(os.environ.get("BYLAW_SHARED") or Path(__file__).resolve().parents[3] / "shared")

VOCABULARY_FILE = "o200k_base.tiktoken"


class ReferenceVocabulary:
    """The vocabulary of gpt-oss as OpenAI's own library reads it (``o200k_harmony``)."""

    def __init__(self, encoding: openai_harmony.HarmonyEncoding) -> None:
        self._encoding = encoding
        # https://github.com/openai/harmony, src/tiktoken_ext/public_encodings.rs
        self.control = ControlIds(
            start=200006,
            end=200007,
            message=200008,
            channel=200005,
            constrain=200003,
            return_=200002,
            call=200012,
            every=frozenset(range(199998, 201089)),
        )

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of the text with no control token allowed."""
        return tuple(self._encoding.encode(text, disallowed_special=()))

    def decode(self, ids: Iterable[int]) -> bytes:
        """The bytes of ordinary ids; the library has them only as text, one token at a time would lose half letters."""
        return self._encoding._inner.decode_bytes([token for token in ids if 0 <= token < 199998])


@pytest.fixture(scope="session")
def harmony_encoding() -> openai_harmony.HarmonyEncoding:
    """OpenAI's own renderer, working offline from the vocabulary file."""
    folder = SHARED / "data"
    if not (folder / VOCABULARY_FILE).is_file():
        pytest.skip(
            f"{folder / VOCABULARY_FILE} is missing: set BYLAW_SHARED to the folder above the data folder with it"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_ENCODINGS_BASE", str(folder))
        return openai_harmony.load_harmony_encoding(openai_harmony.HarmonyEncodingName.HARMONY_GPT_OSS)


@pytest.fixture(scope="session")
def reference_vocabulary(harmony_encoding: openai_harmony.HarmonyEncoding) -> ReferenceVocabulary:
    """The model's real vocabulary."""
    return ReferenceVocabulary(harmony_encoding)


@pytest.fixture(scope="session", params=["bytes", "real"])
def any_vocabulary(request: pytest.FixtureRequest) -> ByteVocabulary | ReferenceVocabulary:
    """Each vocabulary in turn: the small one always, the real one where its file is at hand."""
    return ByteVocabulary() if request.param == "bytes" else request.getfixturevalue("reference_vocabulary")


@pytest.fixture(scope="session")
def film_club() -> PolicyText:
    """A policy of two rules that uses every part of the form."""
    return PolicyText(
        title="Spoilers in the film club",
        purpose="Keep surprises safe for members who have not seen the film yet.",
        definitions=('"Spoiler": anything that gives away what happens after the first half hour.',),
        rules=(
            RuleText(
                id="R1",
                title="Unmarked spoiler",
                breaks_it="telling a spoiler outside spoiler tags.",
                does_not="opinions without plot; asking whether something is a spoiler.",
                examples=(
                    LabelledExample(text="cannot believe the sister was behind it all along", violates=True),
                    LabelledExample(text="the ending wrecked me, no details", violates=False),
                ),
                patterns=(r"(?i)the (killer|traitor) is",),
            ),
            RuleText(
                id="R2",
                title="Pirated copies",
                breaks_it="asking for or offering copies of films.",
                examples=(
                    LabelledExample(text="anyone got a download link for the new one?", violates=True),
                    LabelledExample(text="which service is it streaming on?", violates=False),
                ),
            ),
        ),
        guidance=(("Tone", "Members joke a lot. A joke is no spoiler."),),
        when_unclear="Count it as allowed when the film is older than ten years.",
    )


@pytest.fixture(scope="session")
def policy_of() -> Callable[..., PolicyText]:
    """Makes a policy of one rule from labelled texts and patterns."""

    def make(*, violates: Iterable[str] = (), allows: Iterable[str] = (), patterns: Iterable[str] = ()) -> PolicyText:
        examples = [LabelledExample(text=text, violates=True) for text in violates]
        examples += [LabelledExample(text=text, violates=False) for text in allows]
        rule = RuleText(id="R1", title="The rule", examples=tuple(examples), patterns=tuple(patterns))
        return PolicyText(title="A policy", rules=(rule,))

    return make
