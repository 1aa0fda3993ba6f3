"""Several policies as one."""

from __future__ import annotations

import itertools

import pytest

from classifier import LabelledExample, PolicyText, RuleText, joint_policy
from classifier.prompt.wording import policy_body, policy_examples


def policy(name: str, **changes: object) -> PolicyText:
    """A policy with two rules that have the ids that every policy's first rules have."""
    example = LabelledExample(text=f"an example of {name}", violates=True)
    rules = (
        RuleText(id="R1", title=f"{name} one", breaks_it=f"{name} breaks", does_not=f"{name} may", examples=(example,)),
        RuleText(id="R2", title=f"{name} two"),
    )
    values = {"title": name, "purpose": f"Against {name}.", "rules": rules, **changes}
    return PolicyText(**values)  # type: ignore[arg-type]  # the tests name real fields


THREE = (
    policy("spam", definitions=("a link: an address",), guidance=(("Shops", "They may advertise."),)),
    policy("insults", when_unclear="Count it as allowed."),
    policy("threats"),
)


def test_nothing_of_any_policy_is_lost() -> None:
    """Every rule, example, definition and section can be read, and every rule has an id of its own."""
    joint = joint_policy(THREE)
    text = policy_body(joint) + policy_examples(joint)
    assert len(set(joint.rule_ids)) == len(joint.rules) == 6
    for name in ("spam", "insults", "threats"):
        for words in (f"Against {name}.", f"{name} one", f"{name} breaks", f"{name} may", f"an example of {name}"):
            assert words in text
    for words in ("a link: an address", "They may advertise.", "Count it as allowed."):
        assert words in text


def test_the_order_makes_no_difference() -> None:
    """So the same policies share one cached prefix; a policy that comes twice is there once."""
    assert {joint_policy(order).fingerprint for order in itertools.permutations(THREE)} == {
        joint_policy((*THREE, THREE[0])).fingerprint
    }


def test_another_policy_makes_another_text() -> None:
    """And so does a new version of one."""
    changed = (*THREE[:2], policy("threats", purpose="Against threats of violence."))
    assert joint_policy(changed).fingerprint != joint_policy(THREE).fingerprint != joint_policy(THREE[:2]).fingerprint


def test_a_policy_alone_stays_as_it_is() -> None:
    """There is nothing to put together."""
    assert joint_policy(THREE[:1]) is THREE[0]


def test_no_policy_is_an_error() -> None:
    """There is nothing to ask."""
    with pytest.raises(ValueError, match="no policy"):
        joint_policy(())
