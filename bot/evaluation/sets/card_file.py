"""Reads set cards, and finds those of the checkout.

Cards and policies are part of the checkout (`benchmarks/sets`, `benchmarks/policies`) and are not installed with the
package. Without a checkout, callers give a folder of cards, or a policy and a label.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.evaluation.problem import UnusableFile
from bot.evaluation.sets.card import SetCard

_CHECKOUT = Path(__file__).resolve().parents[3] / "benchmarks" / "sets"


_UNREADABLE = "it has not the form that was expected"
#: pydantic's error type -> our text about the field.
_FAULTS = {
    "missing": "is missing",
    "extra_forbidden": "is no name that is known here",
    "string_type": "must be text",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_pattern_mismatch": "has characters that are not allowed, or is too long",
    "string_too_short": "must not be empty",
    "string_too_long": "is longer than {max_length} characters",
    "too_short": "needs at least {min_length}",
}


def checkout_cards() -> Path | None:
    """The checkout's folder of cards; None if the code was installed without them."""
    return _CHECKOUT if _CHECKOUT.is_dir() else None


def read_cards(folder: Path) -> tuple[SetCard, ...]:
    """All cards of a folder, by name.

    Raises:
        UnusableFile: there are none, one can't be read, or two have the same name.
    """
    if not folder.is_dir():
        raise UnusableFile(f"{folder} is no folder: name one with set cards (*.toml).")
    cards = tuple(read_card(path) for path in sorted(folder.glob("*.toml")))
    if not cards:
        raise UnusableFile(f"{folder} holds no set card (*.toml): name a folder that does.")
    if len({card.name for card in cards}) != len(cards):
        raise UnusableFile(f"Two set cards in {folder} have the same name: rename one.")
    return cards


def read_card(path: Path) -> SetCard:
    """Read a set card.

    Raises:
        UnusableFile: the file can't be read or isn't a card.
    """
    try:
        return SetCard.model_validate(_with_labels(tomllib.loads(path.read_text(encoding="utf-8"))))
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read ({error.strerror}): check the path.") from None
    except UnicodeDecodeError:
        raise UnusableFile(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise UnusableFile(f"{path} is not TOML ({error}): correct it.") from None
    except ValidationError as error:
        raise UnusableFile(f"{path} is no set card: {first_fault(error)}.") from None


def policies_beside(folder: Path) -> Path:
    """The folder of the policies for a folder of cards: `policies` next to it."""
    return folder.resolve().parent / "policies"


def first_fault(error: ValidationError) -> str:
    """The first error, in half a sentence, without the value."""
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, fault["loc"]))
    known = _FAULTS.get(fault["type"])
    if known is None or not where:
        return fault["msg"].removeprefix("Value error, ") if fault["type"] == "value_error" else _UNREADABLE
    return f'"{where}" {known.format(**fault.get("ctx", {}))}'


def _with_labels(fields: dict[str, Any]) -> dict[str, Any]:
    """Convert a card's table of labels, ``spam = ["R1"]``: the label's name, and its rules or all its fields."""
    for measure in fields.get("measures", ()):
        labels = measure.get("labels") if isinstance(measure, dict) else None
        if isinstance(labels, dict):
            measure["labels"] = [
                {"name": name, **(said if isinstance(said, dict) else {"rules": said})} for name, said in labels.items()
            ]
    return fields
