"""Values by server and channel: a dictionary that knows each server's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.servers.by_server import ByServer

PLACES = st.tuples(st.integers(1, 3), st.integers(1, 4))
CHANGES = st.lists(st.tuples(st.sampled_from(["set", "pop", "pop_server"]), PLACES, st.integers()), max_size=40)


@given(changes=CHANGES)
def test_it_holds_what_a_dictionary_would(changes: list[tuple[str, tuple[int, int], int]]) -> None:
    """Whatever is set and removed, in any order, and each server's part is what has its id."""
    plain: dict[tuple[int, int], int] = {}
    held = ByServer[int]()
    for what, place, value in changes:
        if what == "set":
            plain[place] = held[place] = value
        elif what == "pop":
            assert held.pop(place, None) == plain.pop(place, None)
        else:
            own = {channel: plain.pop((guild, channel)) for guild, channel in list(plain) if guild == place[0]}
            assert held.pop_server(place[0]) == own
        assert dict(held) == plain
        assert len(held) == len(plain)
        assert held.servers() == {guild for guild, _ in plain}
        assert all(held.of(guild) == {c: v for (g, c), v in plain.items() if g == guild} for guild in (1, 2, 3))


def test_it_begins_with_what_it_is_given() -> None:
    """And that mapping is not changed with it."""
    given_values = {(1, 2): 3}
    held = ByServer(given_values)
    del held[1, 2]
    assert (dict(held), given_values) == ({}, {(1, 2): 3})
