"""Requests of other tools to ``POST /v1/judge``: rows as for `bylaw classify`, with a policy by text or fingerprint."""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import LRUCache

from bot.console.inputs.files import what_blocks
from bot.console.inputs.json_rows import BadRow, Row, row_of
from bot.serving.http_edge import Object, Refusal
from classifier import Effort, PolicyText
from guild_policies.compile import NotJudgeable, compile_policy, left_out
from guild_policies.text.parse import parse

MOST_ROWS = 100  #: in one request
_KNOWN_KEYS = frozenset({"policy", "policy_fingerprint", "rows", "effort"})
_POLICIES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One request of a tool."""

    policy: PolicyText
    rows: tuple[Row, ...]
    effort: Effort
    remarks: tuple[str, ...] = ()  #: remarks on what is ignored or not judged


class KnownPolicies:
    """The most recently used policies, by fingerprint."""

    def __init__(self) -> None:
        self._policies: LRUCache[str, PolicyText] = LRUCache(_POLICIES)

    def add(self, policy: PolicyText) -> None:
        """Remember a policy."""
        self._policies[policy.fingerprint] = policy

    def find(self, fingerprint: object) -> PolicyText:
        """The policy with this fingerprint.

        Raises:
            Refusal: it is unknown, or no longer cached.
        """
        if not isinstance(fingerprint, str):
            raise Refusal(400, '"policy_fingerprint" must be a string')
        policy = self._policies.get(fingerprint)
        if policy is None:
            raise Refusal(404, 'no policy with this fingerprint is known here: send its text once, as "policy"')
        return policy


def read_rows(fields: Object, known: KnownPolicies, *, effort: Effort) -> Rows:
    """Read a request. Long policies take a while: call it in a thread.

    Args:
        effort: used if the request names none.

    Raises:
        Refusal: it can't be judged.
    """
    if unknown := len(fields.keys() - _KNOWN_KEYS):
        names = ", ".join(f'"{name}"' for name in sorted(_KNOWN_KEYS))
        raise Refusal(400, f"{unknown} of the keys {'is' if unknown == 1 else 'are'} unknown: what is read are {names}")
    rows, ignored = _rows(fields.get("rows"))
    policy, missing = _policy(fields, known)
    remarks = (*([missing] if missing else []), *([f"{ignored} keys of rows were not read."] if ignored else []))
    return Rows(policy=policy, rows=rows, effort=_effort(fields.get("effort", effort)), remarks=remarks)


def _rows(value: object) -> tuple[tuple[Row, ...], int]:
    if not isinstance(value, list) or not value:
        raise Refusal(400, '"rows" must be a list of at least one row')
    if len(value) > MOST_ROWS:
        raise Refusal(413, f"send at most {MOST_ROWS} rows at a time")
    rows = []
    for number, fields in enumerate(value, start=1):
        if not isinstance(fields, dict):
            raise Refusal(400, f"row {number} is not a JSON object")
        try:
            rows.append(row_of(fields))
        except BadRow as bad:
            raise Refusal(400, f"row {number} {bad}") from None
    return tuple(rows), sum(len(row.ignored) for row in rows)


def _policy(fields: Object, known: KnownPolicies) -> tuple[PolicyText, str]:
    """The policy, and its rules that aren't judged here."""
    if ("policy" in fields) == ("policy_fingerprint" in fields):
        raise Refusal(400, 'give either "policy", a text, or "policy_fingerprint"')
    if "policy" not in fields:
        return known.find(fields["policy_fingerprint"]), ""
    text = fields["policy"]
    if not isinstance(text, str):
        raise Refusal(400, '"policy" must be a text')
    if blocking := what_blocks(text):
        raise Refusal(400, f"the policy cannot be judged as it is: {' '.join(blocking.split())}")
    policy = parse(text).policy
    try:
        return compile_policy(policy), left_out(policy)
    except NotJudgeable as error:
        raise Refusal(400, f"the policy cannot be judged as it is: {error}") from None


def _effort(value: object) -> Effort:
    try:
        return Effort(str(value))
    except ValueError:
        raise Refusal(400, f'"effort" must be one of {", ".join(Effort)}') from None
