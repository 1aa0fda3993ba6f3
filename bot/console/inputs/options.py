"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from classifier import Effort

LARGEST_ID = 2**63 - 1  #: the largest integer in a database


class JudgeName(StrEnum):
    """The judge to use."""

    LITE = "lite"  #: the policy's own examples and patterns, no model
    LLAMA = "llama"  #: the model
    REMOTE = "remote"  #: the model behind the servers of BYLAW_REMOTE_URLS


class ServedJudge(StrEnum):
    """The judge that `bylaw serve-judge` runs."""

    LLAMA = "llama"  #: the model
    LITE = "lite"  #: a policy's own examples and patterns


JudgeOption = Annotated[
    JudgeName | None,
    typer.Option(
        "--judge",
        case_sensitive=False,
        help="Who judges: `llama` (the model), `remote` (the model on the servers in BYLAW_REMOTE_URLS) or `lite` (the "
        "policy's own examples and patterns). Default: `llama` with --model, otherwise BYLAW_JUDGE, otherwise `llama` "
        "if BYLAW_MODEL_PATH is set and `lite` if not.",
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="FILE.gguf",
        help="The model file. Default: BYLAW_MODEL_PATH.",
    ),
]
ModelArgument = Annotated[Path | None, typer.Argument(metavar="FILE.gguf", help="Same as --model FILE.gguf.")]
PolicyOption = Annotated[Path, typer.Option("--policy", metavar="FILE.md", help="The policy to judge by.")]
PolicyOrArgumentOption = Annotated[Path | None, typer.Option("--policy", metavar="FILE.md", help="The policy file.")]
PolicyArgument = Annotated[Path | None, typer.Argument(metavar="FILE.md", help="Same as --policy FILE.md.")]
EffortOption = Annotated[
    Effort | None,
    typer.Option("--effort", case_sensitive=False, help="How long the model may think. Default: BYLAW_EFFORT."),
]
TextOption = Annotated[str | None, typer.Option("--text", metavar="TEXT", help="The message to judge.")]
ProgressOption = Annotated[
    bool | None,
    typer.Option("--progress/--no-progress", help="Show progress on standard error. Default: only on a terminal."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
