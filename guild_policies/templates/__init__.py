"""Starter policies that a server can adopt and change. Text files, read when they are needed."""

from __future__ import annotations

from importlib import resources

#: what a server starts with if it chooses nothing: the harms that most communities meet, whatever they are about
BASICS = ("game-cheating", "harassment", "hate", "scams", "self-harm", "sexual-content")

_ENDING = ".md"


def names() -> tuple[str, ...]:
    """The names of the starter policies, in alphabetical order: ``game-cheating``, ``harassment`` and so on."""
    files = (file.name for file in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in files if name.endswith(_ENDING)))


def load(name: str) -> str:
    """The text of a starter policy.

    Raises:
        KeyError: there is none of this name.
    """
    if name not in names():
        raise KeyError(f"There is no starter policy {name!r}; there are {', '.join(names())}.")
    return resources.files(__name__).joinpath(name + _ENDING).read_text(encoding="utf-8")
