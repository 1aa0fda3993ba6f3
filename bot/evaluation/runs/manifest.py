"""The manifest that identifies a run: rows, policy and judge. Two runs are the same only if all of it is equal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.sets.card import Columns, Entry, Label, SetCard
from bot.evaluation.sets.card_file import first_fault

FILE = "manifest.json"


class Data(Entry):
    """The rows."""

    file: str  #: its name
    path: str  #: its path; only used to read texts again
    sha256: str
    rows: int  #: number of rows to judge
    unlabelled: int = 0  #: number of rows without a measured label, which aren't judged
    sample: int | None = None  #: size of the requested sample, chosen by the hash of line numbers


class PolicyUsed(Entry):
    """The policy."""

    file: str
    sha256: str  #: of the file
    fingerprint: str  #: digest of what the judge reads
    title: str
    rules: dict[str, str]  #: id -> title


class JudgeUsed(Entry):
    """The judge."""

    name: str  #: ``lite``, ``llama``
    id: str  #: ``lite:1``, ``gguf:<sha256>``
    model: str = ""  #: the name of the model file


class VariantUsed(Entry):
    """The variant that the judge was asked with, in a tuning."""

    name: str
    fingerprint: str
    rules_a_call: str  #: ``all`` or ``one``
    side: str  #: of the rows: ``development`` or ``held-out``


class Manifest(Entry):
    """The identity of a run."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,128}$")  #: files are named after it
    card: SetCard | None = None
    labels: tuple[Label, ...] = Field(min_length=1)
    columns: Columns | None = None
    where: dict[str, str] = Field(default_factory=dict)
    data: Data
    policy: PolicyUsed
    judge: JudgeUsed
    effort: str
    wording: str  #: sha256 of the code that words the prompt; empty for a judge without a prompt
    build: dict[str, str]  #: versions of the software that judges
    started: str  #: start, UTC
    variant: VariantUsed | None = None  #: None for a run outside a tuning

    def unlike(self, other: Manifest) -> tuple[str, ...]:
        """The differences to the other run, in words; empty if it is the same run."""
        pairs = {
            "rows": (self._rows, other._rows),
            "labels": (self.labels, other.labels),
            "policy": (self.policy.fingerprint, other.policy.fingerprint),
            "judge": (self.judge.id, other.judge.id),
            "effort": (self.effort, other.effort),
            "wording": (self.wording, other.wording),
            "build": (self.build, other.build),
            "variant": (self.variant, other.variant),
        }
        return tuple(name for name, (mine, theirs) in pairs.items() if mine != theirs)

    @property
    def _rows(self) -> tuple[object, ...]:
        return (self.data.sha256, self.data.rows, self.data.sample, self.columns, self.where)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a run; None if the folder has none.

    Raises:
        CannotEvaluate: it cannot be read.
    """
    path = folder / FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotEvaluate(f"{path} cannot be read ({error.strerror}): check the path.") from None
    except ValidationError as error:
        raise CannotEvaluate(f"{path} is no manifest of a run ({first_fault(error)}): choose another folder.") from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest atomically.

    Raises:
        OSError: writing failed.
    """
    part = folder / f"{FILE}.part"
    part.write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    part.replace(folder / FILE)


def runs_in(folder: Path) -> dict[str, Path]:
    """The runs of a folder by name: those in its folders, or the folder itself if it is one.

    Raises:
        CannotEvaluate: there is none.
    """
    folders = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
    found = {path: read_manifest(path) for path in folders if path.is_dir() and os.access(path, os.R_OK)}
    runs = {manifest.name: path for path, manifest in found.items() if manifest}
    if not runs:
        raise CannotEvaluate(f"{folder} holds no run: name the folder that `bylaw eval run --out` wrote.")
    return runs
