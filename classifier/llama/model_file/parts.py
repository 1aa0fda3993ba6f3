"""A model that is published as several files, such as ``gpt-oss-safeguard-120b-MXFP4-00001-of-00002.gguf``.

llama.cpp loads the first part and finds the others by their names (``llama_split_path`` in its source): the same up to
the number, in the same folder. The first one has the metadata and the vocabulary, every one has its own tensors.
"""

from __future__ import annotations

import re
from pathlib import Path

from classifier.llama.model_file.gguf import GgufError, read_header

_NUMBERED = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.DOTALL)
COUNT_KEY, NUMBER_KEY, TENSORS_KEY = "split.count", "split.no", "split.tensors.count"
MOST_PARTS = 1000  #: of a model; a file that announces more is not believed


def part_names(name: str) -> tuple[str, ...]:
    """The names of all parts, when this is the name of one of several; else nothing but itself. Folders are kept."""
    match = _NUMBERED.fullmatch(name)
    count = int(match["count"]) if match else 1
    if match is None or not 1 < count <= MOST_PARTS or not 1 <= int(match["number"]) <= count:
        return (name,)
    return tuple(f"{match['stem']}-{number:05d}-of-{count:05d}.gguf" for number in range(1, count + 1))


def parts_of(model: Path) -> tuple[Path, ...]:
    """The files that a model consists of, by the name and the header of its first one; whether they are there or not.

    Raises:
        OSError: the model cannot be read.
    """
    names = part_names(model.name)
    if len(names) == 1:
        return (model,)
    try:
        count = read_header(model).number(COUNT_KEY)
    except GgufError:
        count = 0
    return tuple(model.with_name(name) for name in names) if count == len(names) else (model,)
