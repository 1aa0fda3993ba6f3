"""Pictures made from a number: a soft background with shapes on it, no two alike."""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image, ImageDraw


def picture(seed: int, *, side: tuple[int, int] = (160, 480)) -> Image.Image:
    """The picture of this number.

    Args:
        side: the shortest and the longest that a side may be, in pixels.
    """
    chance = random.Random(seed)
    width, height = chance.randrange(*side), chance.randrange(*side)
    columns, lines = chance.randrange(3, 9), chance.randrange(3, 9)
    spots = Image.frombytes("RGB", (columns, lines), chance.randbytes(columns * lines * 3))
    made = spots.resize((width, height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(made)
    for _ in range(chance.randrange(12, 30)):
        x, y = chance.randrange(width), chance.randrange(height)
        across, down = chance.randrange(10, width // 2), chance.randrange(10, height // 2)
        draw = chance.choice((pen.ellipse, pen.rectangle))
        draw((x - across // 2, y - down // 2, x + across // 2, y + down // 2), fill=tuple(chance.randbytes(3)))
    return made


def written(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
