"""Set cards: those of the checkout are whole, and a wrong one is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.console.inputs.files import read_policy
from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.sets.card import SetCard
from bot.evaluation.sets.card_file import checkout_cards, policies_beside, read_card, read_cards
from guild_policies.lint import lint

FOLDER = checkout_cards()
assert FOLDER
CARDS = read_cards(FOLDER)
POLICIES = sorted(policies_beside(FOLDER).glob("*.md"))

CARD = """
name = "small"
title = "Small"
file = "small.jsonl"
source = "made up"
licence = "CC0-1.0"
redistributable = true
unit = "message"

[[measures]]
policy = "hate.md"

[measures.labels]
hate = ["R1"]
other = { rules = ["R2"], column = "gold", true = ["hateful"], false = ["fine"] }
"""


@pytest.mark.parametrize("card", CARDS, ids=lambda card: str(card.name))
def test_a_card_names_rules_that_its_policies_have(card: SetCard) -> None:
    """Each label's rules are in the policy, and each measure has a policy of the checkout."""
    assert FOLDER
    for measure in card.measures:
        policy = read_policy(policies_beside(FOLDER) / measure.policy)
        assert {rule for label in measure.labels for rule in label.rules} <= set(measure.only or policy.rule_ids)
        assert set(measure.only) <= set(policy.rule_ids)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: str(path.name))
def test_a_policy_of_a_set_has_no_finding(path: Path) -> None:
    """What others are measured by is written as the linter asks."""
    assert list(lint(path.read_text(encoding="utf-8"))) == []


def test_every_policy_belongs_to_a_set() -> None:
    """No policy is left over."""
    assert {measure.policy for card in CARDS for measure in card.measures} == {path.name for path in POLICIES}


def test_the_eight_categories_are_measured_together_and_alone() -> None:
    """OpenAI's set has a measure with all labels and one for each."""
    (card,) = (card for card in CARDS if card.name == "openai_moderation")
    together, *alone = card.measures
    assert len(together.labels) == len(alone) == 8
    assert [measure.labels for measure in alone] == [(label,) for label in together.labels]
    assert [measure.only for measure in alone] == [label.rules for label in together.labels]


def test_a_card_is_read(tmp_path: Path) -> None:
    """A label is its rules, or all that is said of it."""
    path = tmp_path / "small.toml"
    path.write_text(CARD)
    card = read_card(path)
    hate, other = card.measures[0].labels
    assert (hate.name, hate.rules, hate.column) == ("hate", ("R1",), "")
    assert (other.rules, other.column, other.true) == (("R2",), "gold", ("hateful",))
    assert card.name_of(card.measures[0]) == "small"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("name =", "nam ="), '"nam" is no name that is known here|"name" is missing'),
        (('"small"', '"../up"'), '"name" has characters that are not allowed'),
        (('"small.jsonl"', '"../small.jsonl"'), '"file" has characters that are not allowed'),
        (('"message"', '"page"'), '"unit" must be'),
        (("[[measures]]", "cluster = 'meta.'\n[[measures]]"), "a cluster is"),
        (('hate = ["R1"]', "hate = 1"), "labels"),
        (('policy = "hate.md"', 'policy = "/etc/passwd"'), 'policy" has characters that are not allowed'),
        (("[[measures]]", "[[measures]]\npolicy = 'a.md'\nlabels = { x = [] }\n[[measures]]"), "name of its own"),
        (("name =", "name"), "is not TOML"),
    ],
)
def test_a_wrong_card_is_one_line(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    """It names the file and the first fault."""
    path = tmp_path / "small.toml"
    path.write_text(CARD.replace(*change, 1))
    with pytest.raises(CannotEvaluate, match=says) as told:
        read_card(path)
    assert "\n" not in str(told.value)
    assert "small.toml" in str(told.value)


def test_a_folder_without_cards_is_told(tmp_path: Path) -> None:
    """So are two cards with one name, and a card that is not there."""
    with pytest.raises(CannotEvaluate, match="holds no set card"):
        read_cards(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(CARD)
    with pytest.raises(CannotEvaluate, match="same name"):
        read_cards(tmp_path)
    with pytest.raises(CannotEvaluate, match="cannot be read"):
        read_card(tmp_path / "none.toml")
