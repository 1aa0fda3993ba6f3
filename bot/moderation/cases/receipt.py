"""Receipts: a signed statement of this installation about a verdict, with a short code that goes into the notice.

The code is a digest of the statement and its signature. Somebody with the code from a notice who is later given the
statement can check that it is the same one; with the public key, that this installation made it. The statement holds
nothing that a member wrote, so it outlives the texts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.moderation.cases.case import Case, CaseKind

FORMAT = 1  #: version of the statement; others can't be checked here
_CODE_BYTES = 15
_KEYS = frozenset({"code", "statement", "signature", "public_key", "policy_text"})  #: of a record
_GROUP = 6  #: letters of a code that are shown together


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A signed statement."""

    statement: str  #: canonical JSON: the exact characters that were signed
    signature: bytes
    public_key: bytes

    @property
    def code(self) -> str:
        """24 letters and digits in groups of six: ``ABCDEF-GHIJKL-MNOPQR-STUVWX``."""
        digest = hashlib.sha256(self.public_key + self.signature + self.statement.encode()).digest()
        letters = base64.b32encode(digest[:_CODE_BYTES]).decode()
        return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))

    @property
    def claims(self) -> dict[str, Any]:
        """What it states, by name."""
        claims: dict[str, Any] = json.loads(self.statement)
        return claims

    def is_signed(self) -> bool:
        """Does the signature belong to the statement and the public key?"""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, self.statement.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class ReceiptStore(Protocol):
    """The receipts of all servers. Every method is one transaction."""

    async def issue(self, guild_id: int, number: int, statement: str) -> Receipt:
        """Sign and keep a statement about a case; the first one, where there is one already."""

    async def of_case(self, guild_id: int, number: int) -> Receipt | None:
        """The receipt of this case, if one was issued."""

    async def public_keys(self) -> tuple[bytes, ...]:
        """The public keys of all stored receipts."""


def statement_of(case: Case, policy_text: str | None) -> str | None:
    """The statement about the verdict of a case. None if there is no verdict.

    Args:
        policy_text: the version that it was judged under; None if that was deleted.
    """
    judged = case.judged
    if case.kind is not CaseKind.VIOLATION or judged.score is None:
        return None
    return _canonical(
        {
            "receipt": FORMAT,
            "server": str(case.guild_id),
            "case": case.number,
            "policy": judged.policy_name,
            "version": judged.version_number,
            "policy_sha256": None if policy_text is None else digest_of(policy_text),
            "rules": [rule.id for rule in judged.rules],
            "verdict": "violation",
            "score": judged.score,
            "method": judged.method,
            "model": judged.judge,
            "prompt_sha256": judged.prompt_fingerprint,
            "at": case.opened_at.isoformat(timespec="seconds"),
        }
    )


def digest_of(text: str) -> str:
    """sha256 of a policy's text, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def record_of(receipt: Receipt, policy_text: str | None) -> dict[str, Any]:
    """The record that an outsider needs to check a code."""
    return {
        "code": receipt.code,
        "statement": receipt.statement,
        "signature": receipt.signature.hex(),
        "public_key": receipt.public_key.hex(),
        "policy_text": policy_text,
    }


class BadRecord(ValueError):
    """This isn't a record of a receipt. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of checking a code against a record."""

    claims: dict[str, Any]
    public_key: str  #: in hex
    problems: tuple[str, ...]  #: problems, as whole sentences; empty if it is valid

    @property
    def valid(self) -> bool:
        """Were there no problems?"""
        return not self.problems


def verify(code: str, record: Mapping[str, Any], *, public_key: str | None = None) -> Verification:
    """Check a code from a notice against a record.

    Args:
        public_key: the one that the instance published, in hex; None to believe the record.

    Raises:
        BadRecord: it isn't a record.
    """
    receipt, policy_text = _read(record)
    problems = []
    if not hmac.compare_digest(_letters(record["code"]), _letters(receipt.code)):
        problems.append("The code in the record is not that of its statement and signature.")
    if not receipt.is_signed():
        problems.append("The signature does not belong to the statement and the public key.")
    if not hmac.compare_digest(_letters(code), _letters(receipt.code)):
        problems.append("The code belongs to another receipt.")
    if public_key is not None and not hmac.compare_digest(_letters(public_key), _letters(receipt.public_key.hex())):
        problems.append("The record was signed with another key than the given one.")
    claims = receipt.claims
    if policy_text is not None and claims.get("policy_sha256") != digest_of(policy_text):
        problems.append("The policy's text is another one than the statement is about.")
    return Verification(claims=claims, public_key=receipt.public_key.hex(), problems=tuple(problems))


def _read(record: Mapping[str, Any]) -> tuple[Receipt, str | None]:
    other = BadRecord("it is not what `bylaw case record` writes")
    texts = [record.get(name) for name in ("code", "statement", "signature", "public_key")]
    policy_text = record.get("policy_text")
    if set(record) != _KEYS or not all(isinstance(each, str) for each in (*texts, policy_text or "")):
        raise other
    try:
        receipt = Receipt(
            statement=record["statement"],
            signature=bytes.fromhex(record["signature"]),
            public_key=bytes.fromhex(record["public_key"]),
        )
        claims = json.loads(receipt.statement.encode())
    except (ValueError, RecursionError):
        raise other from None
    if record_of(receipt, policy_text) != {**record, "code": receipt.code} or not isinstance(claims, dict):
        raise other
    if claims.get("receipt") != FORMAT:
        raise BadRecord("it is a receipt of another version of Bylaw")
    return receipt, policy_text


def _letters(code: str) -> bytes:
    """Normalise a code or key for comparison, however people typed it."""
    return "".join(each for each in code.upper() if each.isalnum()).encode("utf-8", "replace")


def _canonical(claims: Mapping[str, Any]) -> str:
    return json.dumps(claims, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
