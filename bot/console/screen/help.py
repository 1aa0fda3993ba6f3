"""What `--help` shows of a command: flags without a value, numbers with what is allowed, arguments as they are typed.

Typer writes ``--json <bool>`` for a flag, ``<int range> [1<=x<=100]`` for a number and ``{FILE.md}`` for an argument.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from bot.allowed_values import Range, in_figures


class _PlainHelp:
    """The parts of a command that its help is made of."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, `--help` among them. What each one takes is in its `metavar`."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # of the command that this is mixed into
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
        return params

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words behind ``Usage: bylaw ...``: an argument that may be left out is in brackets."""
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
    """The type of an argument: its name says what it is."""


class Command(_PlainHelp, TyperCommand):
    """A command of `bylaw`."""


class Group(_PlainHelp, TyperGroup):
    """`bylaw` itself, or a group of its commands."""
