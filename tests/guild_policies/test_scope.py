"""Whom and where a policy covers, decided on values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Effort
from guild_policies.coverage import PlaceKind, ServerPlace, ServerRole, who_is_covered
from guild_policies.scope import (
    MAX_PLACES,
    MAX_ROLES,
    Author,
    BadSettings,
    NotCovered,
    Place,
    PolicySettings,
    Scope,
    as_json,
    changes,
    covers,
    from_json,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
THREAD = Place(channel_id=1, parent_id=2, category_id=3)
IDS = st.frozensets(st.integers(1, 6), max_size=4)
SCOPES = st.builds(
    Scope,
    only_in=IDS,
    not_in=IDS,
    exempt_roles=IDS,
    judges_bots=st.booleans(),
    newcomer_days=st.none() | st.integers(1, 365),
)
SETTINGS = st.builds(
    PolicySettings, scope=SCOPES, effort=st.none() | st.sampled_from(Effort), threshold=st.floats(0, 1)
)


def ids(*numbers: int) -> frozenset[int]:
    """Some ids."""
    return frozenset(numbers)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), None),
        (Scope(only_in=ids(1)), None),
        (Scope(only_in=ids(2)), None),
        (Scope(only_in=ids(3)), None),
        (Scope(only_in=ids(4)), NotCovered.ELSEWHERE),
        (Scope(not_in=ids(1)), NotCovered.EXEMPT_PLACE),
        (Scope(not_in=ids(2)), NotCovered.EXEMPT_PLACE),
        (Scope(not_in=ids(3)), NotCovered.EXEMPT_PLACE),
        (Scope(only_in=ids(3), not_in=ids(2)), NotCovered.EXEMPT_PLACE),
        (Scope(only_in=ids(2), not_in=ids(3)), None),
        (Scope(only_in=ids(1), not_in=ids(1)), NotCovered.EXEMPT_PLACE),
    ],
)
def test_the_nearest_place_decides(scope: Scope, expected: NotCovered | None) -> None:
    """A thread inherits from its channel and that from its category; what is named nearer wins."""
    assert covers(scope, THREAD, Author(), at=NOW) is expected


@pytest.mark.parametrize(
    ("scope", "author", "expected"),
    [
        (Scope(), Author(is_bot=True), NotCovered.BOT),
        (Scope(judges_bots=True), Author(is_bot=True), None),
        (Scope(exempt_roles=ids(7)), Author(role_ids=ids(6, 7)), NotCovered.EXEMPT_ROLE),
        (Scope(exempt_roles=ids(7)), Author(role_ids=ids(6)), None),
        (Scope(exempt_roles=ids(7), judges_bots=True), Author(is_bot=True, role_ids=ids(7)), NotCovered.EXEMPT_ROLE),
    ],
)
def test_people_who_are_not_covered(scope: Scope, author: Author, expected: NotCovered | None) -> None:
    """Bots are left out unless asked for; exempt roles always."""
    assert covers(scope, THREAD, author, at=NOW) is expected


@pytest.mark.parametrize(
    ("joined", "created", "covered"),
    [(3, 900, True), (300, 3, True), (300, 900, False), (7, 7, False), (None, 900, True), (300, None, True)],
)
def test_newcomers(joined: int | None, created: int | None, covered: bool) -> None:
    """Who joined, or whose account was made, less than seven days ago; who may be new counts as new."""
    author = Author(
        joined_at=None if joined is None else NOW - timedelta(days=joined),
        created_at=None if created is None else NOW - timedelta(days=created),
    )
    assert covers(Scope(newcomer_days=7), THREAD, author, at=NOW) is (None if covered else NotCovered.NO_NEWCOMER)


@pytest.mark.parametrize(
    "values",
    [
        {"only_in": frozenset(range(MAX_PLACES + 1))},
        {"not_in": frozenset(range(MAX_PLACES + 1))},
        {"exempt_roles": frozenset(range(MAX_ROLES + 1))},
        {"newcomer_days": 0},
        {"newcomer_days": 366},
    ],
)
def test_scopes_have_limits(values: dict[str, object]) -> None:
    """One sentence says which."""
    with pytest.raises(BadSettings, match=r"^[A-Z].+\.$"):
        Scope(**values)  # type: ignore[arg-type]  # the tests name real fields


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    """Nothing else is kept."""
    with pytest.raises(BadSettings):
        PolicySettings(threshold=threshold)


@given(settings=SETTINGS)
def test_settings_survive_a_database(settings: PolicySettings) -> None:
    """What is written comes back, and an empty object is the default."""
    assert from_json(as_json(settings)) == settings
    assert from_json({}) == PolicySettings()


@given(before=SETTINGS, after=SETTINGS)
def test_only_equal_settings_have_no_change(before: PolicySettings, after: PolicySettings) -> None:
    """The audit entry names each field that differs."""
    assert (changes(before, after) == "") == (before == after)


def test_changes_are_told_before_and_after() -> None:
    """In words, ids and numbers."""
    before = PolicySettings(scope=Scope(exempt_roles=ids(2, 1)))
    after = PolicySettings(scope=Scope(judges_bots=True, newcomer_days=7, only_in=ids(9)), effort=Effort.HIGH)
    assert changes(before, after) == (
        "applies in everywhere -> 9; exempt roles 1, 2 -> none; judges bots no -> yes; "
        "applies to all members -> newcomers of 7 days; effort as installed -> high"
    )


def test_a_preview_groups_by_category() -> None:
    """Channels, forums and threads, each with what it inherits; ids that are gone are named."""
    places = [
        ServerPlace(id=1, name="Talk", kind=PlaceKind.CATEGORY),
        ServerPlace(id=11, name="general", parent_id=1),
        ServerPlace(id=12, name="help", kind=PlaceKind.FORUM, parent_id=1),
        ServerPlace(id=121, name="a question", kind=PlaceKind.THREAD, parent_id=12),
        ServerPlace(id=13, name="staff", parent_id=1),
        ServerPlace(id=20, name="alone"),
    ]
    scope = Scope(only_in=ids(1, 99), not_in=ids(13), exempt_roles=ids(5, 6), newcomer_days=7)
    preview = who_is_covered(scope, places, [ServerRole(id=5, name="Mods"), ServerRole(id=4, name="Fans")])
    assert [each.name for each in preview.covered] == ["general", "help", "a question"]
    assert [each.name for each in preview.left_out] == ["staff", "alone"]
    assert [each.category.name if each.category else None for each in preview.categories] == ["Talk", None]
    assert [role.name for role in preview.exempt_roles] == ["Mods"]
    assert (preview.missing, preview.judges_bots, preview.newcomer_days) == ((6, 99), False, 7)


@given(scope=SCOPES)
def test_a_preview_loses_no_channel(scope: Scope) -> None:
    """In a server with 500 channels and 250 roles each channel is covered or left out, as `covers` says."""
    places = [ServerPlace(id=number, name="c", parent_id=number % 7 or None) for number in range(1, 501)]
    preview = who_is_covered(scope, places, [ServerRole(id=number, name="r") for number in range(1, 251)])
    assert sorted(each.id for each in preview.covered + preview.left_out) == list(range(1, 501))
    covered = {each.id for each in preview.covered}
    for place in places:
        where = Place(channel_id=place.id, category_id=place.parent_id)
        assert (place.id in covered) == (covers(scope, where, Author(joined_at=NOW), at=NOW) is None)
