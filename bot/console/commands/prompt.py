"""`bylaw prompt`: exactly what the model would read, token by token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import EffortOption, JsonOption, ModelOption, PolicyOption, TextOption
from bot.console.screen.errors import BadInput
from classifier import Content, Message

if TYPE_CHECKING:
    from rich.text import Text

    from classifier.prompt.harmony import Prompt
    from classifier.prompt.vocabulary import Vocabulary

_STYLES = {"frame": "dim", "policy": "cyan", "context": "yellow", "content": "bold magenta"}


def prompt(
    policy: PolicyOption,
    model: ModelOption = None,
    text: TextOption = None,
    text_file: Annotated[
        Path | None, typer.Option("--text-file", metavar="FILE", help="A file with the message to judge.")
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="TEXT", help="A message before it; repeat it for more, oldest first."),
    ] = None,
    effort: EffortOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the model would read: whose words each run of tokens is, and their exact ids.

    Only the vocabulary of the model file is read, so this is quick and needs little memory.
    """
    from bot.console.inputs.files import fence_key, load_settings, read_policy
    from bot.console.inputs.judge import open_model_vocabulary
    from bot.console.screen.output import print_json
    from classifier.prompt.harmony import build_prompt

    content = Content(
        target=Message(text=_target(text, text_file)), context=tuple(Message(text=earlier) for earlier in context or ())
    )
    settings = load_settings()
    vocabulary = open_model_vocabulary(model or settings.model_path)
    built = build_prompt(
        read_policy(policy),
        content,
        effort=effort or settings.effort,
        vocabulary=vocabulary,
        fence_key=fence_key(settings),
    )
    if json:
        print_json({"segments": [{"kind": part.kind.value, "ids": list(part.ids)} for part in built.segments]})
    else:
        _show(built, vocabulary)


def _target(text: str | None, text_file: Path | None) -> str:
    from bot.console.inputs.files import file_errors, read_bytes

    if (text is None) == (text_file is None):
        raise BadInput("Give the message with --text TEXT or --text-file FILE, and not both.")
    if text_file is None:
        return text or ""
    with file_errors(text_file):
        return read_bytes(text_file).decode("utf-8-sig")


def _show(built: Prompt, vocabulary: Vocabulary) -> None:
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    for segment in built.segments:
        style = _STYLES[segment.kind.value]
        console.print(f"{segment.kind.value}, {len(segment.ids)} tokens", style=f"{style} underline")
        console.print(readable(segment.ids, vocabulary, style))
    console.print(f"{len(built.ids)} tokens, {built.prefix_length} of them the same for every message", style="bold")


def readable(ids: tuple[int, ...], vocabulary: Vocabulary, style: str) -> Text:
    """The ids as text; control tokens are shown as ``⟦name⟧``, and no text can look like one."""
    from rich.text import Text

    from bot.console.screen.output import terminal_text

    names = control_names(vocabulary)
    shown, run = Text(), list[int]()
    for token in (*ids, None):
        if token is not None and token not in vocabulary.control.every:
            run.append(token)
            continue
        words = vocabulary.decode(run).decode("utf-8", "replace").replace("⟦", r"\u27e6")
        shown.append(terminal_text(words), style=style)
        run.clear()
        if token is not None:
            shown.append(f"⟦{names.get(token, token)}⟧", style="reverse")
    return shown


def control_names(vocabulary: Vocabulary) -> dict[int, str]:
    """The names of the control tokens that a prompt is made with."""
    control = vocabulary.control
    return {
        control.start: "start",
        control.end: "end",
        control.message: "message",
        control.channel: "channel",
        control.constrain: "constrain",
        control.return_: "return",
        control.call: "call",
    }
