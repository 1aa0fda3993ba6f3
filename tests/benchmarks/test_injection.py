"""The measurement of injections: it finds nothing where nothing is, and something where a vocabulary is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.injection import FORGERIES, PLACES, Attack, attacks, forges_fence, forges_frame, measure, read_texts
from classifier.prompt.harmony import ControlTokenInText
from classifier.prompt.vocabulary import ByteVocabulary

VOCABULARY = ByteVocabulary()


class Gullible(ByteVocabulary):
    """Takes the text of a control token for the token, as llama.cpp's own tokenizer does."""

    def encode(self, text: str) -> tuple[int, ...]:
        """Ids of a text, with a control token for each ``<|end|>``."""
        first, *others = (tuple(part.encode()) for part in text.split("<|end|>"))
        return first + tuple(token for part in others for token in (self.control.end, *part))


def test_every_text_is_tried_in_every_place_beside_both_contents() -> None:
    """Two contents for each place."""
    tried = list(attacks(["a", "b"]))
    assert len(tried) == 2 * 2 * len(PLACES)
    assert {attack.place for attack in tried} == set(PLACES)


def test_our_own_forgeries_forge_nothing() -> None:
    """No control token, no fence, in any place."""
    result = measure(VOCABULARY, list(FORGERIES))
    assert (result["frames_forged"], result["fences_forged"]) == (0, 0)
    assert result["prompts"] == len(FORGERIES) * len(PLACES) * 2


@pytest.mark.parametrize("place", [place for place in PLACES if place != "username"])
def test_a_vocabulary_that_makes_control_tokens_of_text_is_found_out(place: str) -> None:
    """The prompt is refused before a model reads it. A speaker's label holds no such text at all."""
    with pytest.raises(ControlTokenInText):
        forges_frame(Attack(place=place, violating=True, text="<|end|>"), Gullible())


def test_the_attack_stands_where_it_is_said_to_stand() -> None:
    """Otherwise nothing would be measured. A label keeps letters and digits only."""
    for place in PLACES:
        prompt = Attack(place=place, violating=False, text="ATTACK").prompt(VOCABULARY)
        assert b"ATTACK" in VOCABULARY.decode(prompt.ids)
        assert not forges_fence(Attack(place=place, violating=False, text="ATTACK"), VOCABULARY)


def test_texts_are_read_line_by_line(tmp_path: Path) -> None:
    """A line separator inside a text is no end of a line."""
    file = tmp_path / "data.jsonl"
    file.write_text(json.dumps({"text": "a\u2028b"}, ensure_ascii=False) + "\n\n", encoding="utf-8")
    assert read_texts(file)[-1] == "a\u2028b"
    assert read_texts(None) == list(FORGERIES)
