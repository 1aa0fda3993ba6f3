"""`bylaw settings`: every setting with its default and its meaning."""

from __future__ import annotations

from bot.console.inputs.options import JsonOption


def settings(json: JsonOption = False) -> None:
    """List every setting with its default and meaning, as a Markdown table."""
    from bot.console.screen.output import print_result
    from bot.settings import settings_table

    print_result({"settings": _every_setting()}, settings_table(), json=json)


def _every_setting() -> list[dict[str, object]]:
    """For programs. A setting without a default is empty unless it is set."""
    from pydantic_core import to_jsonable_python

    from bot.setting_names import PREFIX
    from bot.settings import SECRETS, Settings

    return [
        {
            "name": f"{PREFIX}{name.upper()}",
            "default": to_jsonable_python(field.default),
            "meaning": field.description,
            "secret": name in SECRETS,
        }
        for name, field in Settings.model_fields.items()
    ]
