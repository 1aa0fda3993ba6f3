"""Explains a wrong command line in one line: what was given, what is allowed, where to find help."""

from __future__ import annotations

from typing import Any

from bot.allowed_values import Range, allowed, refused


def usage_line(error: Any) -> str | None:
    """The line for a typer error; None for any other error.

    Args:
        error: typer makes its errors with a library of its own or with click, by its version: only what they have in
            common is looked at.
    """
    says = getattr(error, "format_message", None)
    if not callable(says):
        return None
    where = getattr(getattr(error, "ctx", None), "command_path", "bylaw")
    text = _wrong_value(error) or _missing(error) or _unknown_option(error) or _as_typer_says(str(says()))
    return f"{text} Try: {where} --help"


def _wrong_value(error: Any) -> str | None:
    problems = getattr(error.__cause__, "errors", None)
    param = getattr(error, "param", None)
    if param is None or not callable(problems):
        return None
    kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    numbers = Range(low=getattr(param, "min", None), high=getattr(param, "max", None))
    must_be = allowed(kind, numbers)
    return must_be and refused(_name(param), problems()[0]["input"], must_be)


def _missing(error: Any) -> str | None:
    """The missing parameter with its value: ``--policy FILE.md``."""
    param = getattr(error, "param", None)
    if param is None or not str(error.format_message()).startswith("Missing"):
        return None
    name, takes = _name(param), getattr(param, "metavar", None) or ""
    return f"Missing option: {f'{name} {takes}'.rstrip()}." if name.startswith("--") else f"Missing argument: {name}."


def _unknown_option(error: Any) -> str | None:
    name, close = getattr(error, "option_name", None), getattr(error, "possibilities", None)
    if not name or not str(error.format_message()).startswith("No such option"):
        return None
    return f"There is no option {name}" + (f"; did you mean {' or '.join(sorted(close))}?" if close else ".")


def _as_typer_says(text: str) -> str:
    text = text.replace("Value error, ", "").replace("Got unexpected extra argument(s) (", "Too many arguments: ")
    text = text.removesuffix(")") if text.startswith("Too many") else text
    return text if text[-1:] in ".?" else f"{text}."


def _name(param: Any) -> str:
    """The parameter as typed: an option with its dashes, an argument as in help."""
    option = next((each for each in param.opts if each.startswith("--")), None)
    return str(option or param.metavar or param.name.upper())
