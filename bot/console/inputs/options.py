"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from classifier import Effort

LARGEST_ID = 2**63 - 1  #: that a database can hold


class JudgeName(StrEnum):
    """Which judge answers."""

    LITE = "lite"  #: the policy's own examples and patterns, no model
    LLAMA = "llama"  #: the model
    REMOTE = "remote"  #: the model behind the servers of BYLAW_REMOTE_URLS


class ServedJudge(StrEnum):
    """Which judge `bylaw serve-judge` runs."""

    LLAMA = "llama"  #: the model
    LITE = "lite"  #: a policy's own examples and patterns


JudgeOption = Annotated[
    JudgeName | None,
    typer.Option(
        "--judge",
        case_sensitive=False,
        help="`llama` is the model; `remote` is the model on the servers of BYLAW_REMOTE_URLS; `lite` goes by the "
        "policy's own examples and patterns. Without it: `llama` with --model, else BYLAW_JUDGE, else `llama` if "
        "BYLAW_MODEL_PATH names a model and `lite` if nothing does.",
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="FILE.gguf",
        help="The model file to judge with. Without it: the one of BYLAW_MODEL_PATH.",
    ),
]
ModelArgument = Annotated[
    Path | None, typer.Argument(metavar="FILE.gguf", help="Another way to write --model FILE.gguf.")
]
PolicyOption = Annotated[Path, typer.Option("--policy", metavar="FILE.md", help="The policy to judge by.")]
PolicyOrArgumentOption = Annotated[Path | None, typer.Option("--policy", metavar="FILE.md", help="The policy file.")]
PolicyArgument = Annotated[
    Path | None, typer.Argument(metavar="FILE.md", help="Another way to write --policy FILE.md.")
]
EffortOption = Annotated[
    Effort | None,
    typer.Option("--effort", case_sensitive=False, help="How long the model may think. Without it: BYLAW_EFFORT."),
]
TextOption = Annotated[str | None, typer.Option("--text", metavar="TEXT", help="The message to judge.")]
ProgressOption = Annotated[
    bool | None,
    typer.Option("--progress/--no-progress", help="Show progress on standard error. Without it: only on a terminal."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
