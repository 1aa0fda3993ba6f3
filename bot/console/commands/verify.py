"""`bylaw verify`: check the code in a notice against the record of its case. Needs no installation and no database."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import BadInput, UserError


def verify(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The receipt's code, from the notice.")],
    record: Annotated[
        Path, typer.Option("--record", metavar="FILE", help="What `bylaw case record` wrote about the case.")
    ],
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="HEX", help="The public key that the instance published (`bylaw keys public`)."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check that the notice and the record belong together, and what the instance stated about the verdict.

    A valid receipt says that this instance stated this rule version, prompt, model file, verdict and time when it sent
    the notice. It does not prove that the model really answered so: for that, the operator can judge the case again
    with `bylaw case replay`. Without --key the public key in the record is believed: compare it with the one that the
    instance publishes. Exit code 1 where the receipt is not valid.
    """
    from bot.console.screen.output import print_json, print_line, terminal_text
    from bot.moderation.cases.receipt import BadRecord
    from bot.moderation.cases.receipt import verify as check

    try:
        found = check(code, _read(record), public_key=key)
    except BadRecord as error:
        raise BadInput(f"{record} is no record of a receipt: {error}.") from None
    if json:
        print_json(
            {
                "valid": found.valid,
                "claims": found.claims if found.valid else {},
                "public_key": found.public_key,
                "key_compared": key is not None,
                "problems": list(found.problems),
            }
        )
        if not found.valid:
            raise typer.Exit(1)
        return
    if not found.valid:
        raise UserError(f"Not valid. {' '.join(found.problems)}")
    print_line("Valid: this was stated when the notice was sent.")
    for name, value in found.claims.items():
        print_line(terminal_text(f"  {name}: {value if isinstance(value, str) else json_format.dumps(value)}"))
    compared = "as given" if key is not None else "from the record: compare it with the one that the instance publishes"
    print_line(f"Signed with {found.public_key} ({compared}).")


def _read(path: Path) -> dict[str, Any]:
    from bot.console.inputs.files import read_bytes

    try:
        record = json_format.loads(read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadInput(f"{path} is no JSON: name the file that `bylaw case record` wrote.") from None
    if not isinstance(record, dict):
        raise BadInput(f"{path} is no record of a receipt: name the file that `bylaw case record` wrote.")
    return record
