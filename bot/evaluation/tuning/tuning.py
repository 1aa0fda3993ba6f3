"""Chooses the best variant on development rows, and tests the winner once on the held-out rows.

Everything is in one folder: ``tuning.json`` says how the rows are split, ``looks.jsonl`` which variants were judged on
which rows, and ``variants/NAME/development`` and ``variants/NAME/held-out`` are runs like any other, for `bylaw eval
report` and ``compare``. If interrupted, it resumes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import Field, ValidationError

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.journal import Journal, read_predictions
from bot.evaluation.runs.manifest import Data, JudgeUsed, Manifest, PolicyUsed, VariantUsed, read_manifest
from bot.evaluation.runs.run import judge_rows
from bot.evaluation.sets.card import Entry, Label
from bot.evaluation.sets.card_file import first_fault
from bot.evaluation.sets.row import LabelledRow
from bot.evaluation.tuning.asking import AskedUnder
from bot.evaluation.tuning.halving import Round, Standing, halve, standing_of
from bot.evaluation.tuning.looks import Look, Looks, held_out_look
from bot.evaluation.tuning.split import Side, Split, in_order, rows_digest
from bot.evaluation.tuning.variant import Variant, VariantFile
from classifier import Judge, PolicyText

FILE = "tuning.json"
FEWEST_DEVELOPMENT, FEWEST_HELD_OUT = 40, 20  #: rows; with fewer, the choice is random and shows nothing

#: The rows of a side with a known main label. Held-out rows are only requested once, after the choice.
RowSource = Callable[[Side], Iterable[LabelledRow]]


class TuningManifest(Entry):
    """The identity of a tuning. Variants may be added; nothing else changes."""

    format: Literal[1] = 1
    data: Data
    label: Label
    policy: PolicyUsed
    judge: JudgeUsed
    build: dict[str, str]
    split: Split
    development: int = Field(ge=0)  #: rows
    held_out: int = Field(ge=0)
    held_out_sha256: str  #: digest of the line numbers of the held-out rows

    def unlike(self, other: TuningManifest) -> tuple[str, ...]:
        """The differences to the other tuning, in words."""
        pairs = {
            "rows": (self.data.sha256, other.data.sha256),
            "split": ((self.split, self.held_out_sha256), (other.split, other.held_out_sha256)),
            "label": (self.label, other.label),
            "policy": (self.policy.fingerprint, other.policy.fingerprint),
            "judge": (self.judge.id, other.judge.id),
            "build": (self.build, other.build),
        }
        return tuple(name for name, (mine, theirs) in pairs.items() if mine != theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The question to tune: a policy and the manifest of its runs, which variants adapt."""

    policy: PolicyText
    manifest: Manifest
    about: TuningManifest
    variants: VariantFile

    @property
    def label(self) -> Label:
        """The main label, which decides."""
        return self.about.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The result of a tuning."""

    rounds: tuple[Round, ...]
    winner: Variant
    held_out: Standing
    look: Look  #: the look at the held-out rows with these answers
    looks: int  #: number of looks at the held-out rows so far; above 1 the figure is too optimistic
    left_out: tuple[str, ...] = ()  #: variants with earlier looks that are not in the file now


class Tuning:
    """The open folder of a tuning. Use it with ``with``: it locks out other programs.

    Raises:
        CannotEvaluate: the folder belongs to another tuning, another program writes to it, or rows are too few.
        OSError: writing failed.
    """

    def __init__(self, folder: Path, question: Question) -> None:
        self._folder = folder
        self._question = question
        self._lock = FileLock(folder / "lock")
        self._looks: Looks | None = None

    def __enter__(self) -> Tuning:
        about = self._question.about
        if about.development < FEWEST_DEVELOPMENT or about.held_out < FEWEST_HELD_OUT:
            raise CannotEvaluate(
                f"{about.development:,} development and {about.held_out:,} held-out rows are too few to choose by: "
                f"{FEWEST_DEVELOPMENT} and {FEWEST_HELD_OUT} are the least."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise CannotEvaluate(f"Another program is writing to {self._folder}: wait for it to end.") from None
        try:
            self._check()
            self._looks = Looks(self._folder)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    async def run(
        self, judge: Judge, rows: RowSource, *, look_again: bool = False, told: Callable[[], None] = lambda: None
    ) -> Tuned:
        """Choose, then judge the held-out rows with the winner. `told` is called after each answer is written.

        Args:
            look_again: allow held-out rows that another winner was tested on. The look is numbered.

        Raises:
            CannotEvaluate: the judge is gone, or the held-out rows aren't fresh. Answers so far are written.
            OSError: writing an answer failed.
        """
        label, variants = self._question.label, self._question.variants.variants
        development = in_order([row for row in rows(Side.DEVELOPMENT) if label.name in row.labels], label.name)
        if len({row.labels[label.name] for row in development}) < 2:
            raise CannotEvaluate(f"The development rows are all alike in “{label.name}”: choose by rows of both kinds.")

        async def measure(variant: Variant, number: int, count: int) -> Standing:
            return await self._measure(judge, variant, development[:count], Side.DEVELOPMENT, told=told, number=number)

        rounds = await halve(variants, rows=len(development), measure=measure)
        best = rounds[-1].standings[0].variant
        winner = next(variant for variant in variants if variant.name == best)
        mark = self._question.variants.fingerprint_of(winner)
        look = held_out_look(self._opened, variant=best, fingerprint=mark, again=look_again)
        held_out = [row for row in rows(Side.HELD_OUT) if label.name in row.labels]
        look = look or self._look(Side.HELD_OUT, winner, held_out)
        standing = await self._measure(judge, winner, held_out, Side.HELD_OUT, told=told)
        return Tuned(
            rounds=rounds,
            winner=winner,
            held_out=standing,
            look=look,
            looks=len(self._opened.held_out),
            left_out=self._opened.not_among({variant.name for variant in variants}),
        )

    @property
    def _opened(self) -> Looks:
        if self._looks is None:
            raise RuntimeError("the tuning is not open")
        return self._looks

    def _check(self) -> None:
        path = self._folder / FILE
        about = self._question.about
        try:
            known = TuningManifest.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            path.with_suffix(".part").write_text(about.model_dump_json(indent=2), encoding="utf-8")
            path.with_suffix(".part").replace(path)
            return
        except ValidationError as error:
            raise CannotEvaluate(f"{path} is no tuning ({first_fault(error)}): choose another --out.") from None
        if differs := about.unlike(known):
            raise CannotEvaluate(
                f"{self._folder} holds a tuning with other {' and other '.join(differs)}: choose another --out."
            )

    async def _measure(
        self,
        judge: Judge,
        variant: Variant,
        rows: list[LabelledRow],
        side: Side,
        *,
        told: Callable[[], None],
        number: int | None = None,
    ) -> Standing:
        """Judge the rows without an answer, and compute the standing. For development rows, the look is logged
        first."""
        question = self._question
        folder = self._folder / "variants" / variant.name / side.value
        policy = variant.policy(question.policy)
        manifest, before = self._manifest(variant, side), read_manifest(folder)
        if before and before.variant != manifest.variant:
            raise CannotEvaluate(f"{variant.name} was asked in another way before: give what changed another name.")
        with Journal(folder, manifest) as journal:
            left = {row.number for row in rows} - journal.done
            if left and side is Side.DEVELOPMENT:
                self._look(side, variant, rows, number)
            asked = AskedUnder(judge, question.variants.prompt_of(variant), variant.rules_a_call)
            await judge_rows(asked, rows, journal, policy=policy, effort=variant.effort, told=told)
        wanted = {row.number for row in rows}
        answers = [each for each in read_predictions(folder) if each.row in wanted]
        return standing_of(variant.name, question.label, answers)

    def _look(self, side: Side, variant: Variant, rows: list[LabelledRow], number: int | None = None) -> Look:
        return self._opened.add(
            side,
            variant=variant.name,
            fingerprint=self._question.variants.fingerprint_of(variant),
            rows=len(rows),
            rows_sha256=rows_digest(row.number for row in rows),
            round_=number,
        )

    def _manifest(self, variant: Variant, side: Side) -> Manifest:
        """The manifest of a variant's run over a side."""
        question = self._question
        prompt = question.variants.prompt_of(variant)
        base, policy = question.manifest, variant.policy(question.policy)
        rows = question.about.development if side is Side.DEVELOPMENT else question.about.held_out
        return base.model_copy(
            update={
                "name": f"{base.name[:100]}.{side.value}",
                "effort": variant.effort.value,
                "wording": f"{base.wording}+{prompt.fingerprint}" if prompt else base.wording,
                "policy": base.policy.model_copy(update={"fingerprint": policy.fingerprint}),
                "data": base.data.model_copy(update={"rows": rows}),
                "variant": VariantUsed(
                    name=variant.name,
                    fingerprint=question.variants.fingerprint_of(variant),
                    rules_a_call=variant.rules_a_call.value,
                    side=side.value,
                ),
            }
        )
