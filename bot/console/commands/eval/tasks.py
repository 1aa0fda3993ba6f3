"""The tasks of `bylaw eval run`: which rows under which policy, compared with which labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.inputs.labelled_rows import Reading, Survey, column_names, is_csv, survey
from bot.console.screen.errors import BadInput, UserError
from bot.evaluation.problem import CannotEvaluate, UnusableFile
from bot.evaluation.sets.card import Columns, Label, Measure, SetCard
from bot.evaluation.sets.card_file import checkout_cards, policies_beside, read_cards

if TYPE_CHECKING:
    from classifier import PolicyText

_DEFAULT_LABELS = ("flagged", "violation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options of the command line."""

    data: Sequence[Path]
    policy: Path | None = None
    labels: Sequence[str] = ()
    card: str = ""
    cards: Path | None = None
    columns: Columns | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One set under one policy."""

    name: str
    path: Path
    reading: Reading
    policy_path: Path
    policy: PolicyText
    survey: Survey
    card: SetCard | None = None

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels that are measured, the main one first."""
        return self.reading.labels or ()


def refused(error: CannotEvaluate) -> UserError:
    """Convert an error for the command line: a file that the user named is bad input, anything else a failure."""
    return BadInput(str(error)) if isinstance(error, UnusableFile) else UserError(str(error))


def tasks_of(wish: Wish) -> tuple[Task, ...]:
    """All tasks. Reads every file once to the end, so that a bad line is reported before anything is judged.

    Raises:
        BadInput: a file, a card, a policy or a label is missing or not usable.
        CannotEvaluate: a set card cannot be used.
    """
    tasks = tuple(_tasks(wish))
    names = [task.name for task in tasks]
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadInput(f"Two files would be called {twice[0]}: rename one, or judge them into different folders.")
    if not tasks:
        raise BadInput("No set found: name files of rows, or a folder with files that set cards name.")
    return tasks


def _tasks(wish: Wish) -> Iterator[Task]:
    folder = wish.cards or checkout_cards()
    cards = read_cards(folder) if folder else ()
    for path, card in _files(wish, cards):
        if wish.policy:
            yield _plain_task(wish, path, card)
        elif card and folder:
            yield from _card_tasks(wish, path, card, policies_beside(folder))
        else:
            raise BadInput(f"{path} has no set card: name a policy with --policy, or a card with --set.")


def _files(wish: Wish, cards: Sequence[SetCard]) -> Iterator[tuple[Path, SetCard | None]]:
    if wish.card and wish.card not in {card.name for card in cards}:
        known = ", ".join(card.name for card in cards) or "none; name a folder with --cards"
        raise BadInput(f"There is no set card {wish.card}. There are: {known}.")
    for path in wish.data:
        if not path.exists():
            raise BadInput(f"{path} does not exist: check the path.")
        if path.is_dir():
            yield from ((path / card.file, card) for card in cards if (path / card.file).is_file())
        else:
            yield path, next((card for card in cards if card.name == wish.card or card.file == path.name), None)


def _plain_task(wish: Wish, path: Path, card: SetCard | None) -> Task:
    """The task for a file under the policy of the command line: any violation counts as yes for the label."""
    wanted = tuple(Label(name=name) for name in wish.labels)
    reading = Reading(
        labels=wanted or None,
        columns=wish.columns or (card.columns if card else None),
        cluster=card.cluster if card else "letters",
    )
    if is_csv(path):
        reading = _by_header(reading, path)
    elif not wanted and reading.columns:
        reading = replace(reading, labels=(Label(name=_DEFAULT_LABELS[0]),))
    found = survey(path, reading)
    if reading.labels is None:
        reading = replace(reading, labels=(Label(name=_only_label(path, found)),))
    name = re.sub(r"[^a-z0-9_.-]+", "-", path.stem.lower()).strip("-._") or "rows"
    return _task(name=name[:64], path=path, reading=reading, policy=wish.policy or path, found=found)


def _by_header(reading: Reading, path: Path) -> Reading:
    """How to read a CSV: unless given, ids and the label are taken from the names of its columns.

    Raises:
        BadInput: the file cannot be read, or no column has the right answer.
    """
    names, columns = column_names(path), reading.columns or Columns()
    if not columns.id:
        columns = columns.model_copy(update={"id": next((name for name in names if name.strip().lower() == "id"), "")})
    labels = reading.labels
    if labels is None:
        usual = [name for name in _DEFAULT_LABELS if name in names]
        if not usual:
            raise BadInput(
                f"{path} has no column {' or '.join(_DEFAULT_LABELS)}: name the column that says what is right (1 or "
                "0) with --label."
            )
        labels = (Label(name=usual[0]),)
    return replace(reading, columns=columns, labels=labels)


def _only_label(path: Path, found: Survey) -> str:
    names = sorted(found.labels)
    usual = [name for name in _DEFAULT_LABELS if name in names] or (names if len(names) == 1 else [])
    if not names:
        raise BadInput(f'{path} has no row with a label: write "labels": {{"flagged": 1}} or "violation": true in it.')
    if not usual:
        raise BadInput(f"{path} has {_listed(names)}: name one with --label.")
    return usual[0]


def _card_tasks(wish: Wish, path: Path, card: SetCard, policies: Path) -> Iterator[Task]:
    for measure in card.measures:
        labels = tuple(label for label in measure.labels if not wish.labels or label.name in wish.labels)
        if not labels:
            raise BadInput(f"The set card {card.name} has no label {', '.join(wish.labels)}: it has {_names(measure)}.")
        reading = Reading(labels=labels, columns=card.columns, cluster=card.cluster, where=measure.where)
        yield _task(
            name=card.name_of(measure),
            path=path,
            reading=reading,
            policy=policies / measure.policy,
            only=measure.only,
            card=card,
        )


def _task(
    *,
    name: str,
    path: Path,
    reading: Reading,
    policy: Path,
    only: tuple[str, ...] = (),
    card: SetCard | None = None,
    found: Survey | None = None,
) -> Task:
    from bot.console.inputs.files import read_policy

    text = read_policy(policy)
    if only:
        text = replace(text, rules=tuple(rule for rule in text.rules if rule.id in only))
    named = {rule for label in reading.labels or () for rule in label.rules} | set(only)
    if missing := sorted(named - set(text.rule_ids)):
        raise BadInput(f"{policy} has no rule {missing[0]}, which the set card of {name} names.")
    found = found or survey(path, reading)
    for label in reading.labels or ():
        if not found.labels.get(label.name):
            # the file's other labels, which need a second pass
            names = sorted(survey(path, replace(reading, labels=None)).labels) if not _is_flat(path, reading) else []
            raise BadInput(f'{path} has no row with the label "{label.name}": it has {_listed(names)}.')
    return Task(name=name, path=path, reading=reading, policy_path=policy, policy=text, survey=found, card=card)


def _is_flat(path: Path, reading: Reading) -> bool:
    return is_csv(path) or reading.columns is not None


def _names(measure: Measure) -> str:
    return ", ".join(label.name for label in measure.labels)


def _listed(names: Sequence[str]) -> str:
    return f"the labels {', '.join(name[:64] for name in names[:20])}" if names else "no other labels"
