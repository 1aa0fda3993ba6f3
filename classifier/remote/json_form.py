"""Requests and judgements as JSON objects, for judges that are asked over a network.

What comes in is checked field by field, whoever sent it: nothing is taken on trust, and no error quotes what was sent.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from classifier.judge import JudgeRequest, PolicyFit
from classifier.policy_text import PolicyText
from classifier.verdict import Judgement, Undecided, Verdict

PROTOCOL = 1  #: raised when a reader of the last form could not read the new one
LONGEST_DEADLINE_S = 86_400.0
_LARGEST_SERVER = 2**63

_KINDS = (JudgeRequest, PolicyText, PolicyFit, Verdict, Undecided)

Object = dict[str, Any]


class NotReadable(ValueError):
    """An object has the wrong form. The text is one line that names the field and never contains its value."""


def request_object(request: JudgeRequest) -> Object:
    """The whole request: policy, content, context, lane, deadline and how long to think."""
    return asdict(request)


def read_request(value: object) -> JudgeRequest:
    """The other end of `request_object`.

    Raises:
        NotReadable: it is not a request.
    """
    request: JudgeRequest = _read(JudgeRequest, value)
    if not 0 < request.deadline_s <= LONGEST_DEADLINE_S:
        raise NotReadable(f'"deadline_s" must be above 0 and at most {LONGEST_DEADLINE_S:.0f}')
    if not (math.isfinite(request.think_from) and 0 <= request.think_from <= 1):
        raise NotReadable('"think_from" must be between 0 and 1')
    if abs(request.server) >= _LARGEST_SERVER:
        raise NotReadable('"server" must be a 64-bit number')
    return request


def read_policy_text(value: object) -> PolicyText:
    """A policy from ``dataclasses.asdict`` of one.

    Raises:
        NotReadable: it is not one.
    """
    policy: PolicyText = _read(PolicyText, value)
    return policy


def judgement_object(judgement: Judgement) -> Object:
    """The verdict, or why there is none."""
    return asdict(judgement)


def read_judgement(value: object) -> Judgement:
    """The other end of `judgement_object`.

    Raises:
        NotReadable: it is not a judgement.
    """
    undecided = isinstance(value, dict) and "reason" in value
    judgement: Judgement = _read(Undecided if undecided else Verdict, value)
    return judgement


def read_fit(value: object) -> PolicyFit:
    """How much room a policy takes, from ``dataclasses.asdict`` of a `PolicyFit`.

    Raises:
        NotReadable: it is not one.
    """
    fit: PolicyFit = _read(PolicyFit, value)
    return fit


def _read(kind: type[Any], value: object) -> Any:
    try:
        return _adapter(kind.__name__).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(each) for each in first["loc"])
        raise NotReadable(f'"{where}": {first["msg"]}' if where else first["msg"]) from None


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter({kind.__name__: kind for kind in _KINDS}[name])
