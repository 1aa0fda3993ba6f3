"""`bylaw policy`: lints a policy file, and compares two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption, PolicyArgument, PolicyOrArgumentOption
from bot.console.screen.errors import BadInput

if TYPE_CHECKING:
    from guild_policies.diff import Change
    from guild_policies.findings import Finding


def lint(file: PolicyArgument = None, policy: PolicyOrArgumentOption = None, json: JsonOption = False) -> None:
    """Find errors in a policy and suggest improvements.

    Exit code 1 if the policy cannot be judged as it is.
    """
    from bot.console.inputs.files import named_policy, read_policy_text
    from bot.console.screen.output import print_json
    from guild_policies.lint import lint as findings_of

    text = read_policy_text(named_policy(policy, file))
    findings = findings_of(text) if isinstance(text, str) else (text,)
    if json:
        print_json({"findings": [_fields(finding) for finding in findings]})
    else:
        _show(findings, text if isinstance(text, str) else "")
    if any(finding.blocking for finding in findings):
        raise typer.Exit(1)


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD.md", help="The old policy.")],
    new: Annotated[Path, typer.Argument(metavar="NEW.md", help="The new policy.")],
    json: JsonOption = False,
) -> None:
    """Show what changed between two policies, rule by rule. Works for policies with errors, too."""
    from bot.console.inputs.files import what_blocks
    from bot.console.screen.output import print_json, print_line, print_remark
    from guild_policies import diff as differences
    from guild_policies.text.parse import parse

    before, after = _text(old), _text(new)
    for path, text in ((old, before), (new, after)):
        if why := what_blocks(text):
            print_remark(f"{path} cannot be judged as it is. {why}")
    changes = differences.diff(parse(before).policy, parse(after).policy)
    if json:
        print_json({"changes": [_change(change) for change in changes]})
    else:
        print_line(differences.show_diff(changes))


def _change(change: Change) -> dict[str, object]:
    fields = [{"name": each.name, "before": each.before, "after": each.after} for each in change.fields]
    return {"part": change.part, "kind": change.kind.value, "fields": fields}


def _text(path: Path) -> str:
    from bot.console.inputs.files import read_policy_text

    text = read_policy_text(path)
    if not isinstance(text, str):
        raise BadInput(f"{path}: {text.message} {text.hint}")
    return text


def _fields(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "hint": finding.hint,
        "blocking": finding.blocking,
    }


def _show(findings: tuple[Finding, ...], text: str) -> None:
    from rich.console import Console

    from guild_policies.compile import left_out
    from guild_policies.findings import show
    from guild_policies.text.parse import policy_of

    console = Console(soft_wrap=True, highlight=False, markup=False)
    for finding in findings:
        console.print(show(finding, text), style="red" if finding.blocking else None)
        console.print()
    blocking = sum(finding.blocking for finding in findings)
    verdict = "This policy cannot be judged as it is." if blocking else "This policy can be judged."
    if not blocking:
        verdict = " ".join(filter(None, (verdict, left_out(policy_of(text)))))
    console.print(f"{verdict} Errors: {blocking}, advice: {len(findings) - blocking}.")
