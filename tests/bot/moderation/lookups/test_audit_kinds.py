"""Every entry of the audit log can be found by its kind."""

from __future__ import annotations

import pytest

from bot.moderation.cases.audit import AuditAction
from bot.moderation.lookups.audit_search import AuditKind, actions_of


@pytest.mark.parametrize("action", AuditAction)
def test_an_entry_has_one_kind(action: AuditAction) -> None:
    """A new one has to be given a kind."""
    assert len([kind for kind in AuditKind if action in actions_of(kind)]) == 1
