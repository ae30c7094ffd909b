"""Which provider delivers on which channel: those of clearance.toml, the sandbox for the rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from domain.errors import ConfigurationError
from tools.connectors.protocols import Doors, Provider, Terms
from tools.provider_config import ProviderConfig

if TYPE_CHECKING:
    from tools.connectors.http import HttpProvider


class HttpDoors:
    """Doors of a workspace. `rest` delivers, and tells outcomes, where no provider is named. What
    people did after a real provider's messages comes by import and by events, not from here."""

    def __init__(
        self, providers: Sequence[ProviderConfig], rest: Doors, environment: Mapping[str, str]
    ) -> None:
        self.rest = rest
        self.environment = environment
        self._config: dict[str, ProviderConfig] = {
            channel: one for one in providers for channel in one.channels
        }
        self._made: dict[str, HttpProvider] = {}

    def provider(self, channel: str) -> Provider:
        """Who delivers on a channel. Raises ConfigurationError where its token is not set."""
        config = self._config.get(channel)
        if config is None:
            return self.rest.provider(channel)
        if config.name not in self._made:
            self._made[config.name] = self._make(config)
        return self._made[config.name]

    def _make(self, config: ProviderConfig) -> "HttpProvider":
        from tools.connectors.http import HttpProvider  # where all is sandbox, no HTTP is loaded

        token = self.environment.get(config.token_env) if config.token_env else None
        if config.token_env and not (token and token.isascii() and token.isprintable()):
            raise ConfigurationError(
                f"Provider `{config.name}` wants its token in the environment variable "
                f"{config.token_env}; it is not set, or holds no token.",
                "Set it where Clearance runs; it never stands in a file.",
            )
        return HttpProvider(config.url, terms_of(config), token, config.timeout_seconds)

    def register_ghosts(self, withheld: pl.DataFrame) -> None:
        """Only those of channels that the rest delivers on: it would make up the others'."""
        others = withheld.filter(~pl.col("channel").is_in(list(self._config)))
        self.rest.register_ghosts(others)

    def outcomes_until(self, at: datetime) -> pl.DataFrame:
        return self.rest.outcomes_until(at)


def terms_of(config: ProviderConfig) -> Terms:
    """What the workspace says that the provider promises."""
    return Terms(
        provider=config.name,
        keys=config.keys,
        key_hours=config.key_hours,
        lookup=config.lookup,
        settles_seconds=config.settles_seconds,
        per_second=config.per_second,
        burst=config.burst,
        batch=config.batch,
    )
