"""Formats `--help`: flags without a value, numbers with their bounds, arguments as typed.

Typer writes ``--json <bool>`` for a flag, ``<int range> [1<=x<=100]`` for a number and ``{FILE.md}`` for an argument.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from bot.allowed_values import Range, in_figures


class _PlainHelp:
    """Provides the parts of a command's help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, including `--help`, with their values in `metavar`."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # of the command that this is mixed into
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
        return params

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words behind ``Usage: bylaw ...``: optional arguments are in brackets."""
        arguments = [each for each in self.get_params(ctx) if each.param_type_name == "argument"]
        return [
            self.options_metavar or "",  # type: ignore[attr-defined]  # likewise
            *(each.metavar if each.required else f"[{each.metavar}]" for each in arguments),
            *([self.subcommand_metavar] if isinstance(self, TyperGroup) else []),
        ]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help. Nothing is parsed after that, so the bounds of numbers may move into their `metavar`."""
        for param in self.get_params(ctx):
            if param.param_type_name == "argument":
                param.display_type_rich = _nothing
            low, high = getattr(param, "min", None), getattr(param, "max", None)
            if low is None and high is None:
                continue
            param.metavar = param.metavar or f"<{in_figures(Range(low=low, high=high))}>"
            param.min = param.max = None
        super().format_help(ctx, formatter)  # type: ignore[misc]  # likewise


def _nothing(**_: object) -> None:
    """Show no type for an argument: its name says what it is."""


class Command(_PlainHelp, TyperCommand):
    """A command of `bylaw`."""


class Group(_PlainHelp, TyperGroup):
    """`bylaw` itself, or a group of its commands."""
