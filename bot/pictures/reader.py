"""Reads pictures with Pillow, and makes their fingerprints with ImageHash.

The fingerprint is ImageHash's `phash` of 16 by 16 bits: like PDQ, which exchanges use, the picture is reduced to 64 by
64 grey pixels, and each of its lowest 256 frequencies is compared with their median. PDQ itself (`pdqhash`) has no
wheels for Linux. The amount of detail is measured as in PDQ.
"""

from __future__ import annotations

import asyncio
import io
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from bot.moderation.pictures.picture import ENOUGH_DETAIL, Fingerprint, PictureRead, Unusable

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 16_000_000  #: pixels of the picture as posted, which needs up to 250 MB while decoded (a WebP)
LONGEST_SIDE = 1_000  #: pixels that are used; larger pictures are scaled down as soon as they are decoded
SHORTEST_SIDE = 8  #: pixels; smaller ones show nothing
COPY_SIDE = 480  #: pixels of a copy's longer side
COPY_BYTES = 49_152  #: most bytes of a copy
_QUALITIES = (60, 40, 20)  # qualities of a copy, tried until it is small enough
_REDUCED = frozenset({"L", "RGB", "RGBA"})  # modes whose pixels can be averaged
_HASH_SIDE, _GREY_SIDE = 16, 64


class PillowReader:
    """`bot.moderation.pictures.picture.PictureReader`."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()  # one at a time: large ones need a lot of memory
        self._can_compare = find_spec("imagehash") is not None

    @property
    def can_compare(self) -> bool:
        """Is the extra `pictures` installed?"""
        return self._can_compare

    async def read(self, data: bytes, *, fingerprint: bool, copy: bool) -> PictureRead | Unusable:
        """Read what was requested from a picture. Never raises, whatever the bytes are."""
        async with self._turn:
            return await asyncio.to_thread(_read, data, fingerprint=fingerprint, copy=copy)


def _read(data: bytes, *, fingerprint: bool, copy: bool) -> PictureRead | Unusable:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:  # only reads the header
            width, height = image.size
            if width * height > MOST_PIXELS:
                return Unusable.TOO_MANY_PIXELS
            if min(width, height) < SHORTEST_SIDE:
                return Unusable.NO_PICTURE
            shown = _decoded(image)
        return PictureRead(
            fingerprint=_fingerprint(shown) if fingerprint else None, copy=_small_copy(shown) if copy else None
        )
    except Image.DecompressionBombError:
        return Unusable.TOO_MANY_PIXELS
    except Exception:  # noqa: BLE001 - decoders raise anything for bytes that somebody made up
        return Unusable.NO_PICTURE


def _decoded(image: Image.Image) -> Image.Image:
    """The first frame as members see it: rotated according to its metadata, on white if transparent."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at a smaller size
    turned = ImageOps.exif_transpose(_smaller(image))
    if not turned.has_transparency_data:
        return turned.convert("RGB")
    layer = turned.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def _smaller(image: Image.Image) -> Image.Image:
    """Scale a large picture down by an integer factor, so that little memory is needed from here on."""
    factor = max(image.size) // LONGEST_SIDE
    if factor < 2 or min(image.size) // factor < SHORTEST_SIDE:
        return image
    coloured = image if image.mode in _REDUCED else image.convert("RGBA" if image.has_transparency_data else "RGB")
    small = coloured.reduce(factor)
    small.info = image.info  # its orientation
    return small


def _fingerprint(image: Image.Image) -> Fingerprint | None:
    from imagehash import phash  # in an extra

    if detail_of(image) < ENOUGH_DETAIL:
        return None
    return Fingerprint(bits=int(str(phash(image, hash_size=_HASH_SIDE)), 16))


def detail_of(image: Image.Image) -> int:
    """The amount of detail, from 0 for a blank page to 100: the differences between neighbouring pixels."""
    small = image.convert("L").resize((_GREY_SIDE, _GREY_SIDE), Image.Resampling.LANCZOS)
    grey: Any = np.asarray(small, dtype=np.int32)
    steps = sum(int((np.abs(np.diff(grey, axis=axis)) * 100 // 255).sum()) for axis in (0, 1))
    return min(100, steps // 90)


def _small_copy(image: Image.Image) -> bytes | None:
    """A small picture without metadata; None if even the coarsest is too large."""
    small = image.copy()
    small.thumbnail((COPY_SIDE, COPY_SIDE))
    for quality in _QUALITIES:
        written = io.BytesIO()
        small.save(written, "WEBP", quality=quality)
        if len(written.getvalue()) <= COPY_BYTES:
            return written.getvalue()
    return None
