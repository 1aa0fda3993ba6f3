"""What is said about a policy text: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark on a policy text. Advice, unless `blocking`: then the policy cannot be judged at all."""

    code: str  #: the name of the lint rule's file, such as ``every_rule_has_an_id``
    line: int  #: counted from 1
    column: int  #: counted from 1, in characters
    message: str  #: what is wrong, one sentence
    hint: str  #: what to write instead, one sentence
    blocking: bool = False
