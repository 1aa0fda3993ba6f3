"""The card of a data set: where its rows come from, what its labels mean, and what others measured on it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[\w][\w .-]{0,127}$")]

TRUE = ("1", "1.0", "true", "yes")
FALSE = ("0", "0.0", "false", "no")

#: How rows are put into clusters, besides ``meta.NAME`` and ``column.NAME``.
CLUSTERS = ("letters", "source", "first_message", "id")
_NAMED_CLUSTER = re.compile(r"^(meta|column)\.\S+$")


class Entry(BaseModel):
    """A part of a card: immutable, without extra fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Entry):
    """A label, and the rules of the policy with the same meaning."""

    name: str = Field(min_length=1, max_length=64)
    rules: tuple[str, ...] = ()  #: a violation of one of these counts as yes; of any rule if empty
    column: str = ""  #: column of a CSV or key of flat JSON; by default the label's name
    true: tuple[str, ...] = TRUE  #: values that mean yes, in lower case
    false: tuple[str, ...] = FALSE


class Measure(Entry):
    """A policy and the labels that it is compared with. A set may have several."""

    name: Name | None = None
    policy: FileName
    only: tuple[str, ...] = ()  #: the rules of the policy to use; all if empty
    labels: tuple[Label, ...] = Field(min_length=1)  #: the first one is the set's main figure
    where: dict[str, str] = Field(default_factory=dict)  #: required values of fields, e.g. ``"meta.policy" = "spam"``

    @model_validator(mode="after")
    def _labels_are_named_once(self) -> Measure:
        if len({label.name for label in self.labels}) != len(self.labels):
            raise ValueError("a label is named twice")
        return self


class Columns(Entry):
    """The columns of a CSV, or keys of flat JSON lines."""

    text: str = "text"
    id: str = ""  #: the line's number if there is none


class Published(Entry):
    """A published figure."""

    model: str
    metric: str
    value: float
    source: str
    same_rows: Literal["yes", "no", "unknown"]
    same_labels: Literal["yes", "no", "unknown"]
    note: str = ""


class SetCard(Entry):
    """The card of a data set."""

    name: Name
    title: str
    file: FileName  #: the file name of the rows
    sha256: str = ""  #: sha256 of that file; empty if unknown
    source: str
    revision: str = ""
    licence: str
    redistributable: bool
    unit: Literal["message", "thread"]
    unknown: Literal["masked"] = "masked"  #: a missing label is unknown, not a no
    cluster: str = "letters"
    notes: str = ""
    columns: Columns | None = None  #: for CSV and flat JSON lines
    measures: tuple[Measure, ...] = Field(min_length=1)
    published: tuple[Published, ...] = ()

    @field_validator("cluster")
    @classmethod
    def _cluster_is_known(cls, value: str) -> str:
        if value not in CLUSTERS and not _NAMED_CLUSTER.match(value):
            raise ValueError(f"a cluster is {', '.join(CLUSTERS)}, meta.NAME or column.NAME")
        return value

    @model_validator(mode="after")
    def _measures_have_names(self) -> SetCard:
        names = [measure.name for measure in self.measures]
        if len(names) > 1 and (None in names or len(set(names)) != len(names)):
            raise ValueError("each of several measures needs a name of its own")
        return self

    def name_of(self, measure: Measure) -> str:
        """The name of a measure in folders and reports."""
        return f"{self.name}.{measure.name}" if measure.name else self.name
