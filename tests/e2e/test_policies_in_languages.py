"""What a policy's store and texts refuse or tell is in the admin's language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.languages import set_locales
from tests.e2e.test_lifecycle import SKELETON, draft, policy


@pytest.fixture
async def german(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server with a policy, whose admin's Discord is in German."""
    locales = set_locales(monkeypatch)
    await world.set_up()
    locales[world.mira.id] = "de"
    return world


async def test_what_is_already_so_is_refused_in_german(german: Any) -> None:
    """Pausing twice, and resuming twice."""
    await policy(german, "pause", name="Spoilers")
    assert await policy(german, "pause", name="Spoilers") == "Die Richtlinie ist bereits pausiert."
    await policy(german, "resume", name="Spoilers")
    assert await policy(german, "resume", name="Spoilers") == "Die Richtlinie ist nicht pausiert."


async def test_names_and_numbers_are_refused_in_german(german: Any) -> None:
    """Nothing is saved, and the text comes back."""
    file = ("a.md", german.policy.encode())
    taken = await german.mira.slash(german.general, "policy new", name="spoilers", file=file)
    assert german.said(taken) == "Es gibt bereits eine Richtlinie mit diesem Namen."
    assert list(german.files(taken).values()) == [german.policy]
    for number in range(9):
        await policy(german, "new", name=f"P{number}", file=file)
    said = await policy(german, "new", name="One more", file=file)
    assert said == "Ein Server kann höchstens 10 Richtlinien haben. Lösche zuerst eine."


async def test_changes_are_named_in_german(german: Any) -> None:
    """In the block that shows them; the author's words stay as they are."""
    await draft(german, german.policy.replace("# Spoilers", "# Endings"))
    said = await policy(german, "diff", name="Spoilers", old="1", new="draft")
    assert "Titel: geändert" in said
    assert "Spoilers → Endings" in said
    assert "Keine Änderungen." in await policy(german, "diff", name="Spoilers", old="1", new="1")


async def test_an_import_is_shown_in_german(german: Any) -> None:
    """How the file is read, before it is saved."""
    said = await policy(german, "import", file=("a.md", SKELETON.encode()))
    assert "Diese Richtlinie ist in einem anderen Format. Sie wird in Bylaws Format gespeichert." in said
    assert "Beispiele: 1 mit Verstoß, 1 erlaubt" in said
    assert "Zeile 4: Return exactly one character." in said
