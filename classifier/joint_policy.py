"""Several policies as one, for a first look that only screens.

Several policies in one prompt cost accuracy, so no case rests on that look: whatever it finds suspicious is then judged
under each policy separately.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from classifier.policy_text import PolicyText, RuleText

_TITLE = "All policies of a community"
_PURPOSE = "These policies count together: does the content break any rule of any of them?"


def joint_policy(policies: Iterable[PolicyText]) -> PolicyText:
    """The rules of all these policies. The same policies give the same text in whatever order they come, and so share
    one cached prefix. A single policy is returned unchanged.

    Raises:
        ValueError: no policy at all.
    """
    found = sorted({policy.fingerprint: policy for policy in policies}.items())
    if not found:
        raise ValueError("no policy was given")
    if len(found) == 1:
        return found[0][1]
    numbered = [(f"P{number}", policy) for number, (_, policy) in enumerate(found, start=1)]
    return PolicyText(
        title=_TITLE,
        purpose="\n".join((_PURPOSE, *(_introduced(mark, policy) for mark, policy in numbered))),
        definitions=tuple(f"{mark}: {each}" for mark, policy in numbered for each in policy.definitions),
        rules=tuple(_marked(mark, rule) for mark, policy in numbered for rule in policy.rules),
        guidance=tuple((f"{mark}: {head}", text) for mark, policy in numbered for head, text in policy.guidance),
        when_unclear="\n".join(f"{mark}: {policy.when_unclear}" for mark, policy in numbered if policy.when_unclear),
    )


def _introduced(mark: str, policy: PolicyText) -> str:
    return f"{mark}: {policy.title}. {policy.purpose}".rstrip(". ") + "."


def _marked(mark: str, rule: RuleText) -> RuleText:
    return replace(rule, id=f"{mark}.{rule.id}")
