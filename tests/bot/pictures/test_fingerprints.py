"""Fingerprints of pictures: the same after what apps do to pictures on their way, and different for others."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from bot.moderation.pictures.picture import ENOUGH_DETAIL, SAME_WITHIN, Fingerprint, PictureRead, Unusable
from bot.pictures.reader import PillowReader, _fingerprint, _read, detail_of
from tests.bot.pictures.generated import picture, written

OTHERS = 1_000
seeds = st.integers(0, 2**32)
some = settings(max_examples=25, deadline=None)


def fingerprint(data: bytes) -> Fingerprint:
    """Of a file, as the reader makes it."""
    read = _read(data, fingerprint=True, copy=False)
    assert not isinstance(read, Unusable)
    assert read.fingerprint is not None
    return read.fingerprint


@pytest.fixture(scope="module")
def others() -> list[Fingerprint]:
    """The fingerprints of a thousand different pictures."""
    made = [_fingerprint(picture(2**40 + number)) for number in range(OTHERS)]
    assert all(made)
    return [each for each in made if each is not None]


@some
@given(seeds, st.sampled_from(["JPEG", "WEBP", "PNG"]), st.integers(50, 95))
def test_it_survives_being_written_again(seed: int, kind: str, quality: int) -> None:
    """As JPEG and WebP of quality 50 to 95, and as PNG."""
    image = picture(seed)
    again = written(image, kind) if kind == "PNG" else written(image, kind, quality=quality)
    assert fingerprint(written(image)).is_same_as(fingerprint(again))


@some
@given(seeds, st.floats(0.5, 2.0))
def test_it_survives_being_resized(seed: int, factor: float) -> None:
    """From half to twice as large."""
    image = picture(seed)
    other = image.resize((round(image.width * factor), round(image.height * factor)))
    assert fingerprint(written(image)).is_same_as(fingerprint(written(other)))


@some
@given(seeds, st.tuples(*[st.integers(0, 255)] * 3))
def test_it_survives_a_border(seed: int, colour: tuple[int, int, int]) -> None:
    """One pixel wide, in any colour."""
    image = picture(seed)
    assert fingerprint(written(image)).is_same_as(fingerprint(written(ImageOps.expand(image, 1, fill=colour))))


@some
@given(seeds)
def test_it_survives_all_of_that_together(seed: int) -> None:
    """Small, framed and squeezed: what a scam looks like on its tenth server."""
    image = picture(seed, side=(320, 640))
    small = image.resize((image.width // 2, image.height // 2))
    assert fingerprint(written(image)).is_same_as(fingerprint(written(ImageOps.expand(small, 1), "JPEG", quality=50)))


def test_a_thousand_other_pictures_are_others(others: list[Fingerprint]) -> None:
    """No two of them are the same, and none comes near the limit."""
    nearest = min((one.bits ^ other.bits).bit_count() for one, other in itertools.combinations(others, 2))
    assert nearest > 2 * SAME_WITHIN


@some
@given(seeds)
def test_no_picture_is_one_of_a_thousand_others(others: list[Fingerprint], seed: int) -> None:
    """Squeezed and resized or not."""
    image = picture(seed)
    again = fingerprint(written(image.resize((200, 200)), "JPEG", quality=50))
    for mine in (fingerprint(written(image)), again):
        assert not any(mine.is_same_as(other) for other in others)


@pytest.mark.parametrize("plain", ["white", "black", "grey"])
def test_a_blank_page_is_compared_with_nothing(plain: str) -> None:
    """It would be the same as every other blank page."""
    read = _read(written(Image.new("RGB", (300, 300), plain)), fingerprint=True, copy=False)
    assert read == PictureRead()


def test_detail_is_counted() -> None:
    """From nothing to more than enough."""
    assert detail_of(Image.new("L", (64, 64))) == 0
    noisy = Image.effect_noise((64, 64), 200)
    assert detail_of(noisy) == 100
    assert 0 < ENOUGH_DETAIL < 100


def test_the_limit_is_that_of_pdq() -> None:
    """31 bits of 256 may differ, and not one more."""
    one = Fingerprint(bits=0)
    assert one.is_same_as(Fingerprint(bits=2**SAME_WITHIN - 1))
    assert not one.is_same_as(Fingerprint(bits=2 ** (SAME_WITHIN + 1) - 1))
    assert PillowReader().can_compare
