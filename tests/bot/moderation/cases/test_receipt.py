"""Receipts: what is stated, and that a receipt which was changed in one byte does not verify."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.cases.receipt import BadRecord, Receipt, digest_of, record_of, statement_of, verify

POLICY = "# Manners\n## Rules\n### R1 Insults\nBreaks it: insults.\n"
SIGNER = Cipher((new_key().encode(),)).signer
STATEMENT = json.dumps(
    {"receipt": 1, "case": 12, "policy_sha256": digest_of(POLICY)},
    sort_keys=True,
    separators=(",", ":"),
)


def signed(statement: str = STATEMENT) -> Receipt:
    """A receipt of this installation."""
    return Receipt(statement=statement, signature=SIGNER.sign(statement.encode()), public_key=SIGNER.public_key)


RECORD = record_of(signed(), POLICY)
CODE = signed().code


def is_valid(code: str, record: Any, *, public_key: str | None = None) -> bool:
    """Does it verify? What is no record does not."""
    try:
        return verify(code, record, public_key=public_key).valid
    except BadRecord:
        return False


def test_a_receipt_verifies() -> None:
    """With and without the published key, and however the code was typed."""
    found = verify(CODE, RECORD, public_key=SIGNER.public_key.hex())
    assert found.valid
    assert found.claims["case"] == 12
    assert found.public_key == SIGNER.public_key.hex()
    assert is_valid(CODE.lower().replace("-", " "), RECORD)
    assert is_valid(CODE, record_of(signed(), None))
    assert len(CODE) == 27


@settings(max_examples=300)
@given(field=st.sampled_from(["statement", "signature", "public_key", "policy_text", "code"]), data=st.data())
def test_a_receipt_changed_in_one_byte_does_not_verify(field: str, data: st.DataObject) -> None:
    """In whatever part of the record, and in the code of the notice."""
    before = RECORD[field].encode()
    place = data.draw(st.integers(0, len(before) - 1))
    byte = data.draw(st.integers(0, 127).filter(lambda each: each != before[place]))
    changed = (before[:place] + bytes([byte]) + before[place + 1 :]).decode()
    same_code = "".join(filter(str.isalnum, changed.upper())) == CODE.replace("-", "")
    if field == "code" and same_code:
        return  # upper or lower case, or another sign between the groups: it reads the same
    assert not is_valid(CODE, {**RECORD, field: changed})
    if field == "code":
        assert not is_valid(changed, RECORD)


@settings(max_examples=300)
@given(data=st.data())
def test_a_record_file_changed_in_one_byte_is_another_or_none(data: st.DataObject) -> None:
    """Where it still verifies, nothing but the layout of the file was changed."""
    before = json.dumps(RECORD, indent=2).encode()
    place = data.draw(st.integers(0, len(before) - 1))
    changed = before[:place] + bytes([data.draw(st.integers(0, 255))]) + before[place + 1 :]
    try:
        record = json.loads(changed)
    except ValueError:
        return
    if isinstance(record, dict) and is_valid(CODE, record):
        assert {**record, "code": CODE} == RECORD


def test_another_installations_receipt() -> None:
    """Somebody else can state anything: their key is another one, and so is the code."""
    other = Cipher((new_key().encode(),)).signer
    forged = Receipt(statement=STATEMENT, signature=other.sign(STATEMENT.encode()), public_key=other.public_key)
    record = record_of(forged, POLICY)
    assert is_valid(forged.code, record)
    assert not is_valid(CODE, record)
    assert not is_valid(forged.code, record, public_key=SIGNER.public_key.hex())


@pytest.mark.parametrize(
    "record",
    [
        {},
        {**RECORD, "more": 1},
        {**RECORD, "statement": 5},
        {**RECORD, "statement": "[]"},
        {**RECORD, "statement": "[" * 100_000},
        {**RECORD, "statement": "\ud800"},
        {**RECORD, "signature": "zz"},
        {**RECORD, "policy_text": 5},
        record_of(signed('{"receipt":2}'), None),
    ],
)
def test_what_is_no_record(record: Any) -> None:
    """One error, whatever it is."""
    with pytest.raises(BadRecord):
        verify(CODE, record)


def test_what_is_stated(case_factory: Callable[..., Case]) -> None:
    """Rule version, prompt, model, verdict and time, and nothing that somebody wrote in a message."""
    case = case_factory(text="zebra", rationale="giraffe")
    statement = statement_of(case, POLICY)
    assert statement is not None
    claims = json.loads(statement)
    judged = case.judged
    assert claims["rules"] == [rule.id for rule in judged.rules]
    assert (claims["version"], claims["model"], claims["score"]) == (judged.version_number, judged.judge, judged.score)
    assert claims["prompt_sha256"] == judged.prompt_fingerprint
    assert claims["at"].startswith(case.opened_at.isoformat()[:16])
    assert "zebra" not in statement
    assert "giraffe" not in statement
    assert statement_of(replace(case, kind=CaseKind.REPORT), POLICY) is None
    assert statement_of(replace(case, judged=replace(judged, score=None)), POLICY) is None
