"""Reading pictures that somebody made up: nothing is raised, nothing large is decoded, and copies are small."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.moderation.pictures.picture import PictureRead, Unusable
from bot.pictures.reader import COPY_BYTES, COPY_SIDE, MOST_PIXELS, PillowReader
from tests.bot.pictures.generated import picture, written


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1_000)) + chunk(b"IEND", b"")


async def read(data: bytes, *, copy: bool = True) -> PictureRead | Unusable:
    """Everything of a picture."""
    return await PillowReader().read(data, fingerprint=True, copy=copy)


@pytest.mark.parametrize("side", [4_001, 14_000, 60_000, 2**31 - 1])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
async def test_a_bomb_is_not_decoded(side: int) -> None:
    """Its head says how large it would be."""
    assert side * side > MOST_PIXELS
    assert await read(bomb(side, side)) is Unusable.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        written(picture(1))[:400],
        written(picture(1), "TIFF"),
        written(picture(1), "BMP"),
        bomb(64, 64),
        written(Image.new("RGB", (3, 400))),
    ],
    ids=["empty", "pdf", "svg", "cut off", "tiff", "bmp", "no pixels", "a line"],
)
async def test_what_is_no_picture_is_not_one(data: bytes) -> None:
    """Whatever its name and type say."""
    assert await read(data) is Unusable.NO_PICTURE


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 4_000))
async def test_no_bytes_raise_anything(noise: bytes, place: int) -> None:
    """A picture with a part that somebody overwrote is read, or it is none."""
    data = bytearray(written(picture(7), "JPEG"))
    data[place : place + len(noise)] = noise
    for each in (noise, bytes(data)):
        assert isinstance(await read(each), PictureRead | Unusable)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_of_moving_pictures_the_first_frame_is_read(kind: str) -> None:
    """What comes after it may be anything."""
    frames = [picture(number, side=(200, 201)) for number in range(3)]
    moving = written(frames[0], kind, save_all=True, append_images=frames[1:])
    shown, still = await read(moving), await read(written(frames[0]))
    assert isinstance(shown, PictureRead)
    assert isinstance(still, PictureRead)
    assert shown.fingerprint is not None
    assert still.fingerprint is not None
    assert shown.fingerprint.is_same_as(still.fingerprint)


async def test_a_copy_is_small_and_says_nothing_else() -> None:
    """The metadata of a photo, which may say where it was taken, are not in it."""
    photo = picture(3, side=(2_000, 2_600))
    exif = Image.Exif()
    exif[0x010E] = "Home of Ana"
    found = await read(written(photo, "JPEG", exif=exif, quality=95))
    assert isinstance(found, PictureRead)
    assert found.copy is not None
    assert len(found.copy) <= COPY_BYTES
    assert b"Home of Ana" not in found.copy
    with Image.open(io.BytesIO(found.copy)) as small:
        assert (small.format, max(small.size)) == ("WEBP", COPY_SIDE)
        assert not small.getexif()


async def test_a_copy_is_made_only_where_it_is_asked_for() -> None:
    """Comparing leaves no picture behind."""
    found = await read(written(picture(3)), copy=False)
    assert isinstance(found, PictureRead)
    assert found.copy is None


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA", "CMYK"])
async def test_large_pictures_are_made_smaller_first(mode: str) -> None:
    """Whatever their pixels are made of, the same is seen as in a small one."""
    image = picture(9, side=(390, 391)).convert("L").convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    large, small = await read(written(image.resize((3_120, 3_120)), kind)), await read(written(image, kind))
    assert isinstance(large, PictureRead)
    assert isinstance(small, PictureRead)
    assert large.fingerprint is not None
    assert small.fingerprint is not None
    assert large.fingerprint.is_same_as(small.fingerprint)


async def test_what_the_camera_says_of_its_side_counts() -> None:
    """A photo that is stored lying is the same as the one that stands."""
    standing, turned = picture(11, side=(2_100, 3_000)), Image.Exif()
    turned[0x0112] = 6
    lying = standing.transpose(Image.Transpose.ROTATE_90)
    one, other = await read(written(standing, "JPEG")), await read(written(lying, "JPEG", exif=turned))
    assert isinstance(one, PictureRead)
    assert isinstance(other, PictureRead)
    assert one.fingerprint is not None
    assert other.fingerprint is not None
    assert one.fingerprint.is_same_as(other.fingerprint)


async def test_what_is_transparent_is_read_on_white() -> None:
    """A hidden colour below it says nothing."""
    shape = picture(5, side=(300, 301)).convert("RGBA")
    shape.putalpha(Image.new("L", shape.size, 0))
    found = await read(written(shape))
    assert isinstance(found, PictureRead)
    assert found.fingerprint is None
