"""How a finding is shown."""

from __future__ import annotations

from guild_policies.findings import Finding, show


def finding(*, line: int = 1, column: int = 1, blocking: bool = False) -> Finding:
    """A finding at a place."""
    return Finding(code="a_rule", line=line, column=column, message="It is so.", hint="Do so.", blocking=blocking)


def test_the_caret_stands_under_the_column() -> None:
    """Source line, caret, message, hint and code, one under the other."""
    assert show(finding(line=2, column=5), "one\ntwo three\n").split("\n") == [
        "line 2: advice: It is so.",
        "2 | two three",
        "  |     ^",
        "hint: Do so. (a_rule)",
    ]


def test_a_blocking_finding_is_an_error() -> None:
    """The reader sees which findings must go."""
    assert show(finding(blocking=True), "x").startswith("line 1: error: It is so.\n")


def test_long_lines_are_shown_around_the_column() -> None:
    """The caret stands under its character wherever in the line it is."""
    line = "".join(chr(0x4E00 + index) for index in range(500))
    for column in (1, 2, 24, 25, 26, 250, 476, 477, 500):
        _, source, caret, _ = show(finding(column=column), line).split("\n")
        assert len(source) < 60
        assert source[caret.index("^")] == line[column - 1]


def test_hostile_text_is_made_visible() -> None:
    """Escape sequences and turned-around writing never reach the terminal; the caret keeps its place."""
    _, source, caret, _ = show(finding(column=5), "a\x1b\u202e\tb").split("\n")
    assert source == "1 | a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} b"
    assert source[caret.index("^")] == "b"


def test_lines_count_as_lint_counts_them() -> None:
    """Windows line ends and a byte order mark do not move the caret."""
    assert "\n2 | two\n" in show(finding(line=2), "\ufeffone\r\ntwo\r\n")


def test_where_there_is_no_line_none_is_shown() -> None:
    """Empty texts and places beyond the end give message and hint only."""
    assert show(finding(), " ").count("\n") == show(finding(line=9), "x").count("\n") == 1
