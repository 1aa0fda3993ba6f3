"""The settings used only by `bylaw serve-judge`. `bot.settings.Settings` reads them with all the others."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

SHORTEST_KEY = 16  #: characters; anyone who guesses a key can use the judge


class ServeSettings(BaseSettings):
    """Who may ask the judge that this machine serves."""

    serve_key: SecretStr | None = Field(
        None,
        description=f"The key that bots give to `bylaw serve-judge`, {SHORTEST_KEY} characters or more. In a bot, "
        "set the same key as BYLAW_REMOTE_KEY.",
    )
    serve_tool_keys: SecretStr | None = Field(
        None,
        description="Keys of other tools that may ask `bylaw serve-judge`, separated by commas, one for each tool. "
        "Empty: only bots may ask. [Serving the judge](serve-judge.md) says how a tool asks.",
    )
    serve_tool_rows_per_minute: int = Field(
        600,
        ge=1,
        le=1_000_000,
        description="How many messages a minute each of these tools may send to `bylaw serve-judge`.",
    )

    @field_validator("serve_key", mode="after")
    @classmethod
    def _one_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key and len(key.get_secret_value().replace(",", " ").split()) > 1:
            raise ValueError("give one key, without spaces and commas")
        return cls._long_enough(key)

    @field_validator("serve_tool_keys", mode="after")
    @classmethod
    def _long_enough(cls, keys: SecretStr | None) -> SecretStr | None:
        given = keys.get_secret_value().replace(",", " ").split() if keys else []
        for key in given:
            if len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable():
                raise ValueError(f"a key needs {SHORTEST_KEY} plain letters, digits or signs, or more")
        return SecretStr(",".join(given)) if given else None

    def serve_secrets(self) -> tuple[str, ...]:
        """The secrets, which must never be logged."""
        bots = [self.serve_key.get_secret_value()] if self.serve_key else []
        return (*bots, *self.tool_keys())

    def tool_keys(self) -> tuple[str, ...]:
        """The keys of other tools."""
        return tuple(self.serve_tool_keys.get_secret_value().split(",")) if self.serve_tool_keys else ()
