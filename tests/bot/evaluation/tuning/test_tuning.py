"""Choosing among variants: the best one is found, and held-out rows are not read before it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.journal import read_predictions
from bot.evaluation.runs.manifest import Data, Manifest, read_manifest
from bot.evaluation.sets.card import Label
from bot.evaluation.sets.row import LabelledRow
from bot.evaluation.tuning.looks import Looks
from bot.evaluation.tuning.split import Side, Split, rows_digest
from bot.evaluation.tuning.tuning import Question, Tuned, Tuning, TuningManifest
from bot.evaluation.tuning.variant import Variant, VariantFile, Wording
from classifier import (
    Content,
    Judge,
    Judgement,
    JudgeRequest,
    LabelledExample,
    Message,
    PolicyText,
    RuleText,
    Undecided,
)
from classifier.scripted import ScriptedJudge, clear, violation
from classifier.verdict import UndecidedReason

POLICY = PolicyText(
    title="Made up",
    rules=(
        RuleText(id="R1", title="One", examples=(LabelledExample(text="x", violates=True),)),
        RuleText(id="R2", title="Two"),
    ),
)
#: The share of rows on which a variant is wrong.
QUALITIES = {"v1": 0.30, "v2": 0.26, "best": 0.08, "v3": 0.22, "v4": 0.18, "v5": 0.34, "v6": 0.16, "v7": 0.40}
SEEDS, LEAST = 200, 190
Manifests = Callable[..., Manifest]


def variants_named(names: Sequence[str]) -> VariantFile:
    """Variants that differ in how the prompt ends, which the scripted judge can read."""
    return VariantFile(
        wordings={name: Wording(user_closing=f"\n{name}?") for name in names},
        variants=tuple(Variant(name=name, wording=name) for name in names),
    )


def rows_of(count: int, *, seed: int = 0) -> list[LabelledRow]:
    """Rows of which every third is a violation; the text says so to the judge."""
    return [
        LabelledRow(
            number=n,
            id=n,
            content=Content(target=Message(text=f"{'bad' if n % 3 == 0 else 'good'} {seed} {n}")),
            labels={"flagged": n % 3 == 0},
            cluster=f"{seed}.{n}",
        )
        for n in range(1, count + 1)
    ]


def wrong(variant: str, text: str) -> float:
    """A number of chance between 0 and 1 for a variant and a row."""
    return int(hashlib.sha256(f"{variant}\0{text}".encode()).hexdigest()[:8], 16) / 16**8


def planted(request: JudgeRequest) -> Judgement:
    """Errs as often as the variant's quality says."""
    assert request.variant is not None
    variant, text = request.variant.user_closing.strip("\n?"), request.content.target.text
    return violation("R1") if text.startswith("bad") is (wrong(variant, text) >= QUALITIES[variant]) else clear()


@dataclass
class Source:
    """Rows by side; remembers what was asked for, and after how many answers."""

    rows: Sequence[LabelledRow]
    split: Split
    judge: ScriptedJudge
    asked_for: list[tuple[Side, int]] = field(default_factory=list)

    def __call__(self, side: Side) -> Iterator[LabelledRow]:
        """The rows of a side."""
        self.asked_for.append((side, len(self.judge.requests)))
        return (row for row in self.rows if self.split.side_of(row) is side)


def question_about(rows: Sequence[LabelledRow], variants: VariantFile, manifest: Manifest) -> Question:
    """What is tuned."""
    split = Split()
    held = [row.number for row in rows if split.side_of(row) is Side.HELD_OUT]
    about = TuningManifest(
        data=Data(file="x", path="x", sha256=str(len(rows)), rows=len(rows)),
        label=Label(name="flagged"),
        policy=manifest.policy,
        judge=manifest.judge,
        build={},
        split=split,
        development=len(rows) - len(held),
        held_out=len(held),
        held_out_sha256=rows_digest(held),
    )
    return Question(policy=POLICY, manifest=manifest, about=about, variants=variants)


async def tuned(
    folder: Path, question: Question, source: Source, *, judge: Judge | None = None, again: bool = False
) -> Tuned:
    """Tune once."""
    with Tuning(folder, question) as tuning:
        return await tuning.run(judge or source.judge, source, look_again=again)


def files_in(folder: Path) -> dict[Path, bytes]:
    """Everything that a folder holds."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def scene(manifests: Manifests, names: Sequence[str], *, count: int = 300, seed: int = 0) -> tuple[Question, Source]:
    """A question and its rows."""
    rows = rows_of(count, seed=seed)
    return question_about(rows, variants_named(names), manifests()), Source(rows, Split(), ScriptedJudge(planted))


async def test_the_best_variant_is_chosen_by_development_rows_alone(
    tmp_path: Path, manifest_factory: Manifests, record_property: Callable[[str, object], None]
) -> None:
    """In nearly all of 200 draws of rows; held-out rows are asked for once, after the last answer that chooses."""
    chosen = 0
    for seed in range(SEEDS):
        question, source = scene(manifest_factory, list(QUALITIES), seed=seed)
        found = await tuned(tmp_path / str(seed), question, source)
        chosen += found.winner.name == "best"
        (first, _), (second, answers) = source.asked_for
        assert (first, second) == (Side.DEVELOPMENT, Side.HELD_OUT)
        before, after = source.judge.requests[:answers], source.judge.requests[answers:]
        held = {row.content.target.text for row in source.rows if question.about.split.side_of(row) is Side.HELD_OUT}
        assert held.isdisjoint(request.content.target.text for request in before)
        assert sorted(request.content.target.text for request in after) == sorted(held)
    record_property("chosen", chosen)
    print(f"the best of {len(QUALITIES)} variants was chosen in {chosen} of {SEEDS} seeds")  # noqa: T201  # asked for
    assert chosen >= LEAST


async def test_every_look_is_written_down(tmp_path: Path, manifest_factory: Manifests) -> None:
    """Who, which rows, in which round; the last one is at the held-out rows."""
    question, source = scene(manifest_factory, list(QUALITIES))
    found = await tuned(tmp_path, question, source)
    looks = Looks(tmp_path).all
    assert [look.round for look in looks] == [1] * 8 + [2] * 4 + [3] * 2 + [None]
    assert [each.rows for each in found.rounds] == sorted({look.rows for look in looks[:-1]})
    assert (looks[-1].side, looks[-1].variant, looks[-1].number) == (Side.HELD_OUT, found.winner.name, 1)
    assert looks[-1].rows_sha256 == question.about.held_out_sha256
    manifest = read_manifest(tmp_path / "variants" / found.winner.name / "held-out")
    assert manifest is not None
    assert manifest.variant is not None
    assert (manifest.variant.name, manifest.variant.side) == (found.winner.name, "held-out")
    assert manifest.data.rows == question.about.held_out == found.held_out.rows


async def test_what_is_finished_asks_and_looks_no_more(tmp_path: Path, manifest_factory: Manifests) -> None:
    """The same outcome comes back from the answers on disk."""
    question, source = scene(manifest_factory, ["v1", "best", "v2"])
    first = await tuned(tmp_path, question, source)
    asked, looks = len(source.judge.requests), len(Looks(tmp_path).all)
    assert await tuned(tmp_path, question, source) == first
    assert (len(source.judge.requests), len(Looks(tmp_path).all)) == (asked, looks)


@pytest.mark.parametrize("answers", [0, 40, 250, 450])
async def test_an_interrupted_tuning_resumes(tmp_path: Path, manifest_factory: Manifests, answers: int) -> None:
    """Wherever it was cut off, also at the held-out rows: the outcome is the same, and no row is judged twice."""
    question, source = scene(manifest_factory, ["v1", "best", "v2"])
    whole = await tuned(tmp_path / "whole", question, source)
    given = iter(range(answers))
    gone = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
    weak = ScriptedJudge(lambda request: gone if next(given, None) is None else planted(request))
    with pytest.raises(CannotEvaluate, match="went away"):
        await tuned(tmp_path / "cut", question, source, judge=weak)
    found = await tuned(tmp_path / "cut", question, source)
    assert replace(found, look=whole.look) == whole
    assert (found.look.number, found.look.variant) == (1, whole.look.variant)
    for name in ("v1", "best", "v2"):
        rows = [
            sorted(each.row for each in read_predictions(tmp_path / at / "variants" / name / "development"))
            for at in ("cut", "whole")
        ]
        assert rows[0] == rows[1]
    held = [each.row for each in read_predictions(tmp_path / "cut" / "variants" / "best" / "held-out")]
    assert len(held) == len(set(held)) == question.about.held_out


async def test_a_second_look_is_refused_or_marked(tmp_path: Path, manifest_factory: Manifests) -> None:
    """Somebody who knows what came of the first look adds a better variant: the held-out rows are not fresh for it."""
    question, source = scene(manifest_factory, ["v1", "v2"])
    first = await tuned(tmp_path, question, source)
    more = question_about(source.rows, variants_named(["v1", "v2", "best"]), manifest_factory())
    asked_for = len(source.asked_for)
    with pytest.raises(CannotEvaluate, match=r"looked at on \d{4}-\d\d-\d\d for v2.*--look-again"):
        await tuned(tmp_path, more, source)
    assert [side for side, _ in source.asked_for[asked_for:]] == [Side.DEVELOPMENT]
    second = await tuned(tmp_path, more, source, again=True)
    assert (first.look.number, second.look.number, second.winner.name) == (1, 2, "best")
    assert (first.looks, second.looks, first.left_out, second.left_out) == (1, 2, (), ())


async def test_the_first_look_is_marked_once_there_was_another(tmp_path: Path, manifest_factory: Manifests) -> None:
    """Somebody who does not like what came of the second look goes back to the variants of the first one: the figure
    is the same, and it is told that there were two looks and which variants are missing."""
    question, source = scene(manifest_factory, ["v1", "v2"])
    first = await tuned(tmp_path, question, source)
    more = question_about(source.rows, variants_named(["v1", "v2", "best"]), manifest_factory())
    await tuned(tmp_path, more, source, again=True)
    back = await tuned(tmp_path, question, source)
    assert back == replace(first, looks=2, left_out=("best",))


async def test_another_name_is_another_look(tmp_path: Path, manifest_factory: Manifests) -> None:
    """The same way of asking under a new name would judge the held-out rows once more, and no look would say so."""
    question, source = scene(manifest_factory, ["v1", "v2"])
    await tuned(tmp_path, question, source)
    wordings = question.variants.wordings
    renamed = VariantFile(
        wordings=wordings, variants=(Variant(name="v1", wording="v1"), Variant(name="new", wording="v2"))
    )
    with pytest.raises(CannotEvaluate, match=r"looked at on .* for v2"):
        await tuned(tmp_path, replace(question, variants=renamed), source)
    again = await tuned(tmp_path, replace(question, variants=renamed), source, again=True)
    assert (again.look.number, again.looks, again.left_out) == (2, 2, ("v2",))


async def test_a_changed_variant_needs_another_name(tmp_path: Path, manifest_factory: Manifests) -> None:
    """Its answers so far belong to the old one."""
    question, source = scene(manifest_factory, ["v1", "v2"])
    await tuned(tmp_path, question, source)
    changed = VariantFile(
        wordings={"v1": Wording(user_closing="\nbest?"), "v2": Wording(user_closing="\nv2?")},
        variants=question.variants.variants,
    )
    with pytest.raises(CannotEvaluate, match="v1 was asked in another way before: give what changed another name"):
        await tuned(tmp_path, replace(question, variants=changed), source)


@pytest.mark.parametrize("other", ["rows", "policy", "judge", "split", "label", "build"])
async def test_a_folder_holds_one_tuning(tmp_path: Path, manifest_factory: Manifests, other: str) -> None:
    """With anything else it is refused, and nothing in it changes."""
    question, source = scene(manifest_factory, ["v1", "v2"])
    await tuned(tmp_path, question, source)
    about = question.about
    changed = {
        "rows": {"data": about.data.model_copy(update={"sha256": "other"})},
        "policy": {"policy": about.policy.model_copy(update={"fingerprint": "other"})},
        "judge": {"judge": about.judge.model_copy(update={"id": "other"})},
        "split": {"split": Split(held_out=0.4)},
        "label": {"label": Label(name="other")},
        "build": {"build": {"bylaw": "other"}},
    }[other]
    changed_question = Question(
        policy=POLICY,
        manifest=question.manifest,
        about=about.model_copy(update=changed),
        variants=question.variants,
    )
    before = files_in(tmp_path)
    with pytest.raises(CannotEvaluate, match=f"a tuning with other {other}"):
        await tuned(tmp_path, changed_question, source)
    assert files_in(tmp_path) == before


async def test_what_cannot_choose_is_told(tmp_path: Path, manifest_factory: Manifests) -> None:
    """Too few rows, rows of one kind, a log that was changed, another program."""
    question, source = scene(manifest_factory, ["v1", "v2"], count=50)
    with pytest.raises(CannotEvaluate, match="too few to choose by"):
        await tuned(tmp_path, question, source)
    question, source = scene(manifest_factory, ["v1", "v2"])
    alike = Source([row for row in source.rows if not row.labels["flagged"]], Split(), source.judge)
    with pytest.raises(CannotEvaluate, match="all alike"):
        await tuned(tmp_path / "alike", question, alike)
    with Tuning(tmp_path / "two", question), pytest.raises(CannotEvaluate, match="Another program"):
        await tuned(tmp_path / "two", question, source)
    await tuned(tmp_path / "two", question, source)
    looks = tmp_path / "two" / "looks.jsonl"
    looks.write_bytes(b"{}\n" + looks.read_bytes())
    with pytest.raises(CannotEvaluate, match="line 1 is broken"):
        await tuned(tmp_path / "two", question, source)
