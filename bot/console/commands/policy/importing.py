"""`bylaw policy import`: reads policies in any form, shows what was understood, and saves them in Bylaw's form."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import BadInput

if TYPE_CHECKING:
    from guild_policies.understanding import Understanding

MOST_FILES = 100

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE...", help="The policy files.")]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="The folder to save the policies in. Without it, they are only shown."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Save without asking.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A policy file, read."""

    path: Path
    understood: Understanding


def import_(files: FilesArgument, out: OutOption = None, yes: YesOption = False, json: JsonOption = False) -> None:
    """Read policies in any form and show what was understood: rules, exceptions, examples, guidance.

    With --out they are saved in Bylaw's form, once you confirm. If one file cannot be used, none is saved.
    """
    from bot.console.screen.output import print_json, print_line, terminal_text
    from bot.log import escaped
    from guild_policies.understanding import told

    if len(files) > MOST_FILES:
        raise BadInput(f"{len(files):,} files are too many: give at most {MOST_FILES} at a time.")
    read = [_read(path) for path in files]
    targets = {} if out is None else _targets(read, out)
    for each in read:
        if json:
            print_json(_fields(each))
        else:
            print_line(
                terminal_text(
                    "\n".join([escaped(str(each.path)), *(f"  {line}" for line in told(each.understood)), ""])
                )
            )
    if out is None:
        if not json:
            print_line("Nothing was saved. Add --out DIR to save this.")
    elif yes or _agrees(len(targets), out):
        _save(targets, out)
        if not json:
            print_line(escaped(f"Saved in {out}: {', '.join(path.name for path in targets)}"))
    elif not json:
        print_line("Nothing was saved.")


def _read(path: Path) -> ReadFile:
    from bot.console.inputs.files import read_policy_text
    from guild_policies.lint import lint
    from guild_policies.understanding import understand

    text = read_policy_text(path)
    blocking = [text] if not isinstance(text, str) else [each for each in lint(text) if each.blocking]
    if blocking or not isinstance(text, str):
        raise BadInput(f"{path} is not a policy that Bylaw can use. {blocking[0].message} {blocking[0].hint}")
    understood = understand(text)
    again = next((each for each in lint(understood.text) if each.blocking), None)
    if again is not None:
        raise BadInput(f"{path} cannot be saved in Bylaw's form. {again.message} {again.hint}")
    return ReadFile(path=path, understood=understood)


def _targets(read: list[ReadFile], out: Path) -> dict[Path, str]:
    """The files to write, with their texts. None of them may exist."""
    targets: dict[Path, str] = {}
    for each in read:
        target = out / f"{each.path.stem}.md"
        if target in targets:
            raise BadInput(f"Two of the files would be saved as {target.name}: rename one.")
        if target.exists() or target.is_symlink():
            raise BadInput(f"{target} is there already: choose another folder, or move it away.")
        targets[target] = each.understood.text
    return targets


def _agrees(count: int, out: Path) -> bool:
    if not sys.stdin.isatty():
        raise BadInput("There is no terminal to ask on, so nothing was saved: add --yes.")
    from bot.log import escaped

    return typer.confirm(escaped(f"Save {count} {'policy' if count == 1 else 'policies'} in {out}?"), err=True)


def _save(targets: dict[Path, str], out: Path) -> None:
    """Write all files. If one can't be written, those before it are removed again."""
    written: list[Path] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for target, text in targets.items():
            with target.open("x", encoding="utf-8", newline="\n") as file:
                written.append(target)
                file.write(text)
    except OSError as error:
        for target in written:
            target.unlink(missing_ok=True)
        why = error.strerror or "it cannot be written"
        raise BadInput(f"Nothing was saved in {out} ({why}): name a folder that this user may write to.") from None


def _fields(read: ReadFile) -> dict[str, object]:
    from dataclasses import asdict

    understood = read.understood
    policy = understood.policy
    return {
        "file": str(read.path),
        "form": understood.form.value,
        "title": policy.title,
        "rules": [
            {
                "id": rule.id,
                "title": rule.title,
                "severity": rule.severity.value,
                "breaks_it": rule.breaks_it,
                "does_not": rule.does_not,
                "notes": rule.notes,
                "examples": [asdict(example) for example in rule.examples],
            }
            for rule in policy.rules
        ],
        "definitions": list(policy.definitions),
        "when_unclear": policy.when_unclear,
        "guidance": [{"heading": heading, "text": text} for heading, text in policy.guidance],
        "left_out": [{"line": number, "text": text} for number, text in understood.left_out],
        "text": understood.text,
    }
