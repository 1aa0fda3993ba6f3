"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from classifier import Effort


class JudgeName(StrEnum):
    """Which judge answers."""

    LITE = "lite"  #: the policy's own examples and patterns, no model
    LLAMA = "llama"  #: the model


JudgeOption = Annotated[
    JudgeName,
    typer.Option("--judge", help="`llama` is the model; `lite` goes by the policy's own examples and patterns."),
]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="FILE.gguf", envvar="BYLAW_MODEL_PATH", help="The model file, for `llama`."),
]
PolicyOption = Annotated[Path, typer.Option("--policy", metavar="FILE.md", help="The policy to judge by.")]
EffortOption = Annotated[Effort, typer.Option("--effort", help="How long the model may think.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
