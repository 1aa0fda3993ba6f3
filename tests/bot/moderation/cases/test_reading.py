"""A case's text is taken apart into what was typed and what came with it, as the judge read it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.cases.reading import Reading, cleaned, parts_measured, read, taken_apart, written
from classifier import Part, PartKind, words

TEXTS = st.text(max_size=30)
PARTS = st.lists(
    st.builds(Part, kind=st.sampled_from(PartKind), text=st.text(min_size=1, max_size=30)), max_size=4
).map(tuple)


@given(TEXTS, PARTS)
def test_it_comes_apart_as_it_was_put_together(typed: str, parts: tuple[Part, ...]) -> None:
    """Whatever line breaks are in it."""
    whole = words(typed, parts)
    assert taken_apart(whole, Reading(parts=parts_measured(parts))) == (typed, parts)


@given(TEXTS, st.lists(st.tuples(st.sampled_from([kind.value for kind in PartKind]), st.integers(1, 60)), max_size=3))
def test_what_does_not_fit(whole: str, parts: list[tuple[str, int]]) -> None:
    """It never invents a text: put together again it is the whole, or nothing comes back."""
    apart = taken_apart(whole, Reading(parts=tuple(parts)))
    assert apart is None or words(*apart) == whole


@given(
    st.builds(
        Reading,
        titles=st.lists(TEXTS, max_size=3).map(tuple),
        answers=st.none() | st.tuples(st.integers(1, 9), TEXTS),
        alone=st.booleans(),
        effort=st.sampled_from(["", "low"]),
    )
)
def test_it_is_written_and_read(reading: Reading) -> None:
    """As it was, but for what no database takes."""
    assert read(written(reading)) == reading
    assert cleaned(reading) == reading
    assert read(None) is None
