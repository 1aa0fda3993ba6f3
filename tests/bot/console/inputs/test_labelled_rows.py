"""Rows with labels: our data sets' shape, `classify`'s lines with a decision, flat JSON and CSV."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.console.inputs.labelled_rows import Reading, labelled_rows, survey
from bot.console.screen.errors import BadInput
from bot.evaluation.sets.card import Columns, Label

FLAGGED = Reading(labels=(Label(name="flagged"),))
HATE = Label(name="hate", column="gold", true=("hateful",), false=("fine",))


def lines(path: Path, *rows: object) -> Path:
    """A file of JSON lines."""
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in rows))
    return path


def labelled(number: int, **labels: object) -> dict[str, object]:
    """A row of our shape."""
    return {"id": number, "text": f"text {number}", "labels": labels}


def test_rows_of_our_shape_are_read(tmp_path: Path) -> None:
    """Known labels come back, unknown ones are left out, and the last message is the one judged."""
    messages = [{"author": "x", "text": "first"}, {"author": "y", "text": "second"}]
    path = lines(
        tmp_path / "rows.jsonl",
        labelled(1, flagged=1, hate=0),
        "",
        {"id": "b", "messages": messages, "labels": {"flagged": None, "hate": True}, "meta": {"judge": "last message"}},
    )
    first, second = labelled_rows(path, Reading())
    assert (first.number, first.id, first.labels) == (1, 1, {"flagged": True, "hate": False})
    assert (second.number, second.id, second.labels) == (3, "b", {"hate": True})
    assert [message.text for message in second.content.messages] == ["first", "second"]
    assert second.content.judged == (second.content.target,)
    assert [each.labels for each in labelled_rows(path, FLAGGED)] == [{"flagged": True}, {}]


def test_a_row_can_say_that_all_messages_are_judged(tmp_path: Path) -> None:
    """Then the conversation is the content and there is no context."""
    messages = [{"author": "x", "text": "first"}, {"author": "y", "text": "second"}]
    row = {"id": 1, "messages": messages, "labels": {}, "meta": {"judge": "all messages"}}
    (found,) = labelled_rows(lines(tmp_path / "rows.jsonl", row), FLAGGED)
    assert len(found.content.judged) == 2


@pytest.mark.parametrize("said", [{"violation": True}, {"decision": "violation"}])
def test_decided_rows_are_read(tmp_path: Path, said: dict[str, object]) -> None:
    """The lines of `classify` with what a team decided have the label `violation`."""
    path = lines(tmp_path / "rows.jsonl", {"id": 1, "text": "x", **said})
    assert [each.labels for each in labelled_rows(path, Reading())] == [{"violation": True}]


def test_csv_columns_are_read(tmp_path: Path) -> None:
    """By their names, with quotes and line breaks, with the values that the card names, and blank is unknown."""
    path = tmp_path / "rows.csv"
    path.write_text('\ufeffnr,body,gold,kind\n7,"two\nlines",hateful,a\n8,fine,Fine,a\n9,who knows,,b\n')
    reading = Reading(labels=(HATE,), columns=Columns(text="body", id="nr"), cluster="column.kind")
    first, second, third = labelled_rows(path, reading)
    assert (first.id, first.content.target.text, first.labels) == ("7", "two\nlines", {"hate": True})
    assert (second.labels, third.labels) == ({"hate": False}, {})
    assert first.cluster == second.cluster != third.cluster


def test_flat_json_lines_are_read_like_columns(tmp_path: Path) -> None:
    """As OpenAI's moderation set has them: a prompt and labels, of which some are missing."""
    path = lines(tmp_path / "rows.jsonl", {"prompt": "x", "S": 0, "H": 1}, {"prompt": "y", "S": 1})
    reading = Reading(labels=(Label(name="S"), Label(name="H")), columns=Columns(text="prompt"))
    assert [(each.id, each.labels) for each in labelled_rows(path, reading)] == [
        (1, {"S": False, "H": True}),
        (2, {"S": True}),
    ]


def test_only_the_rows_that_are_meant_are_read(tmp_path: Path) -> None:
    """A set can hold rows for several policies."""
    rows = [{**labelled(number, flagged=0), "meta": {"policy": name}} for number, name in enumerate(["a", "b", "a"])]
    path = lines(tmp_path / "rows.jsonl", *rows)
    found = survey(path, Reading(labels=FLAGGED.labels, where={"meta.policy": "a"}))
    assert (found.rows, found.labelled, found.labels) == (2, 2, {"flagged": 2})


def test_texts_that_differ_in_numbers_only_go_together(tmp_path: Path) -> None:
    """So do rows of one source, one opening or one field, where the card says so; no text is written down."""
    rows = [
        {"id": 1, "messages": [{"text": "Hi"}, {"text": "Win 100!"}], "labels": {}, "source": "s", "meta": {"m": 1}},
        {"id": 2, "messages": [{"text": "hi!"}, {"text": "win 250 \U0001f389"}], "labels": {}, "source": "s"},
        {"id": 3, "messages": [{"text": "Yo"}, {"text": "123"}], "labels": {}, "source": "t", "meta": {"m": 1}},
    ]
    path = lines(tmp_path / "rows.jsonl", *rows)
    together = {
        "letters": [1, 1, 2],
        "first_message": [1, 1, 2],
        "source": [1, 1, 2],
        "meta.m": [1, 2, 1],
        "id": [1, 2, 3],
    }
    for cluster, expected in together.items():
        codes = [each.cluster for each in labelled_rows(path, Reading(cluster=cluster))]
        numbers = {code: number for number, code in enumerate(dict.fromkeys(codes), start=1)}
        assert [numbers[code] for code in codes] == expected, cluster
        assert not any("win" in code for code in codes)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 7 is not JSON"),
        ("\udcff", "line 7 is not UTF-8"),
        ("[]", "line 7 is not a JSON object"),
        ('{"text": "x", "labels": {}}', 'line 7 needs an "id"'),
        ('{"id": 7, "labels": {}}', 'line 7 needs either "text" or "messages"'),
        ('{"id": 7, "text": "secret words"}', 'line 7 needs either "labels"'),
        ('{"id": 7, "text": "secret words", "labels": [1]}', 'line 7 has "labels" that are no object'),
        ('{"id": 7, "text": "secret words", "labels": {"flagged": 2}}', 'label "flagged" that is neither 0 nor 1'),
        ('{"id": 7, "text": "secret words", "labels": {"flagged": "yes"}}', "neither 0 nor 1"),
        ('{"id": 7, "text": "secret words", "violation": true}', 'has "violation" where the lines before it have "lab'),
        ('{"id": 7, "text": "secret words", "labels": {}, "violation": true}', 'line 7 needs either "labels"'),
        ('{"id": 7, "text": "secret words", "labels": {}, "meta": {"judge": "some"}}', '"meta.judge"'),
        ('{"id": 3, "text": "secret words", "labels": {}}', "line 7 has an id that an earlier line has"),
        ('{"id": 7, "text": "' + "x" * (8 << 20) + '", "labels": {}}', "line 7 is longer than 8 MiB"),
    ],
)
def test_a_bad_line_is_one_line_with_its_number(tmp_path: Path, line: str, says: str) -> None:
    """It says what to do and repeats nothing that somebody wrote."""
    path = tmp_path / "rows.jsonl"
    good = "".join(json.dumps(labelled(number, flagged=0)) + "\n" for number in range(1, 7))
    path.write_bytes((good + line + "\n").encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput) as told:
        survey(path, Reading())
    assert says in str(told.value)
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("text,other\nx,1\n", 'has no column "flagged": its first line has to name'),
        ("secret words,1\nmore secret words,0\n", 'has no column "text"'),
        ("flagged\n1\n", 'has no column "text"'),
        ("", 'has no column "text"'),
        ("text,flagged\nsecret words,maybe\n", 'line 2 has a label "flagged" that is none of'),
        ("text,flagged\nx,1,2\n", "line 2 has a different number of columns"),
        ("text,flagged\nx\n", "line 2 has a different number of columns"),
        ('text,flagged\n"x,1\n', "is not CSV"),
        pytest.param(
            f"text,flagged\n{'x' * 2_000_000},1\n",
            "line 2 has a field of more than 131,072 characters: shorten it, or",
            id="a field of 2 MB",
        ),
        pytest.param(
            f"{'x' * 2_000_000},flagged\n",
            "line 1 has a field of more than 131,072 characters",
            id="a column's name of 2 MB",
        ),
        ("text,flagged\n", "has no rows"),
        ("text,flagged\n\udcff,1\n", "is not UTF-8"),
    ],
)
def test_a_bad_csv_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    """The same for columns."""
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput) as told:
        survey(path, FLAGGED)
    assert says in str(told.value)
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_an_empty_file_a_folder_and_nothing_are_told(tmp_path: Path) -> None:
    """Each says what it is."""
    (tmp_path / "empty.jsonl").touch()
    for name, says in (("empty.jsonl", "has no rows"), ("none.jsonl", "does not exist"), ("", "is a folder")):
        with pytest.raises(BadInput, match=says):
            survey(tmp_path / name, FLAGGED)


def test_a_gigabyte_is_not_read_into_memory(tmp_path: Path) -> None:
    """A file of one endless line is refused after its first eight mebibytes."""
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(BadInput, match="line 1 is longer than 8 MiB"):
        survey(path, FLAGGED)


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    """The first row comes before the last line is looked at, so the file's size does not matter."""
    path = lines(tmp_path / "rows.jsonl", labelled(1, flagged=1), "no json")
    rows = labelled_rows(path, FLAGGED)
    assert next(rows).id == 1
    with pytest.raises(BadInput):
        next(rows)
