"""A variant: a way to ask the judge, with wording, effort, examples, and one rule or all rules per call. Read from a
TOML file."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from bot.evaluation.problem import UnusableFile
from bot.evaluation.sets.card import Entry, Name
from bot.evaluation.sets.card_file import first_fault
from classifier import Effort, PolicyText, PromptVariant
from classifier.prompt.variants import BadVariant, checked

STANDARD = "standard"  #: the wording of the bot
MOST_VARIANTS = 64

_CHECKOUT = Path(__file__).resolve().parents[3] / "benchmarks" / "variants" / "prompt.toml"


class RulesACall(StrEnum):
    """How much of a policy one call asks about."""

    ALL = "all"
    ONE = "one"  #: a call for each rule; any of them can find a violation


class Variant(Entry):
    """A way to ask the judge."""

    name: Name
    wording: str = STANDARD
    effort: Effort = Effort.LOW
    examples: bool = True  #: does the judge see the policy's examples?
    rules_a_call: RulesACall = RulesACall.ALL

    def policy(self, policy: PolicyText) -> PolicyText:
        """The part of a policy that the judge sees."""
        if self.examples:
            return policy
        return replace(policy, rules=tuple(replace(rule, examples=()) for rule in policy.rules))


class Wording(Entry):
    """Texts of the prompt with another wording; see `classifier.PromptVariant`."""

    instructions: str = ""
    answer: str = ""
    examples: str = ""
    user_opening: str = ""
    user_closing: str = ""
    does_not_first: bool = False

    def as_variant(self) -> PromptVariant:
        """The form used in a request."""
        return PromptVariant(**self.model_dump())


class VariantFile(Entry):
    """The variants of a file, and the wordings that they name."""

    wordings: dict[Name, Wording] = Field(default_factory=dict)
    variants: tuple[Variant, ...] = Field(min_length=2, max_length=MOST_VARIANTS)

    @model_validator(mode="after")
    def _names_fit(self) -> VariantFile:
        names = [each.name for each in self.variants]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two variants are named {twice}")
        if STANDARD in self.wordings:
            raise ValueError(f"{STANDARD} is the wording of the bot: give yours another name")
        if unknown := next((each.wording for each in self.variants if not self._knows(each.wording)), None):
            raise ValueError(f"there is no wording {unknown[:64]}")
        for name, wording in self.wordings.items():
            try:
                checked(wording.as_variant())
            except BadVariant as bad:
                raise ValueError(f"wording {name}: {bad}") from None
        return self

    def prompt_of(self, variant: Variant) -> PromptVariant | None:
        """The wording of a variant; None for that of the bot."""
        return None if variant.wording == STANDARD else self.wordings[variant.wording].as_variant()

    def fingerprint_of(self, variant: Variant) -> str:
        """A digest of twelve hex digits of everything in a variant except its name."""
        prompt = self.prompt_of(variant)
        made = (prompt.fingerprint if prompt else "", variant.effort, variant.examples, variant.rules_a_call)
        return hashlib.sha256(repr(tuple(map(str, made))).encode()).hexdigest()[:12]

    def _knows(self, wording: str) -> bool:
        return wording == STANDARD or wording in self.wordings


def checkout_variants() -> Path | None:
    """The checkout's variants; None if the code was installed without them."""
    return _CHECKOUT if _CHECKOUT.is_file() else None


def read_variants(path: Path) -> VariantFile:
    """The variants of a TOML file.

    Raises:
        UnusableFile: the file can't be read, or has no valid variants.
    """
    try:
        found = VariantFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read ({error.strerror}): check the path.") from None
    except UnicodeDecodeError:
        raise UnusableFile(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise UnusableFile(f"{path} is not TOML ({error}): correct it.") from None
    except ValidationError as error:
        raise UnusableFile(f"{path} holds no variants to try: {first_fault(error)}.") from None
    marks: dict[str, str] = {}
    for each in found.variants:
        other = marks.setdefault(found.fingerprint_of(each), each.name)
        if other != each.name:
            raise UnusableFile(f"{path}: {other} and {each.name} ask in the same way; leave one out.")
    return found
