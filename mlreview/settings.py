"""Settings: ``mlreview.toml``, overridden by environment variables, overridden by the command line."""

import os
import tomllib
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from mlreview import names
from mlreview.errors import BadInputError

CONFIG_FILE = "mlreview.toml"


class Settings(BaseSettings):
    """All settings, with their defaults. Each is ``MLREVIEW_<NAME>`` in the environment, ``name`` in the file."""

    model_config = SettingsConfigDict(env_prefix=names.ENV_PREFIX, extra="ignore", frozen=True)

    tracking_uri: str = Field(
        default=names.DEFAULT_TRACKING_URI,
        description="MLflow tracking store to read and write; MLFLOW_TRACKING_URI sets it too.",
    )
    registry_uri: str | None = Field(
        default=None,
        description="MLflow model registry, where it is not the tracking store; MLFLOW_REGISTRY_URI sets it too.",
    )
    read_dsn: str | None = Field(
        default=None,
        description="Read-only database address beside an HTTP tracking URI: tables are then read from there, fast.",
    )
    mlflow_ui_url: str | None = Field(
        default=None,
        description="Address of MLflow's own user interface, for links to it; an HTTP tracking URI is its own.",
    )
    timeout: float = Field(
        default=names.STORE_TIMEOUT_S,
        gt=0,
        le=120,
        description="Longest wait for a tracking store that does not answer, in seconds.",
    )

    @field_validator("mlflow_ui_url")
    @classmethod
    def _web_address_only(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then our environment, then MLflow's, then the file."""
        return (
            init_settings,
            env_settings,
            _MlflowEnvironment(settings_cls),
            TomlConfigSettingsSource(settings_cls, Path(CONFIG_FILE)),
        )


class _MlflowEnvironment(PydanticBaseSettingsSource):
    """MLflow's own two variables count as ours, after ours: a team has usually set them already."""

    VARIABLES: ClassVar = {"tracking_uri": "MLFLOW_TRACKING_URI", "registry_uri": "MLFLOW_REGISTRY_URI"}

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        variable = self.VARIABLES.get(field_name)
        return (os.environ.get(variable) or None if variable else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: os.environ.get(variable) for name, variable in self.VARIABLES.items()}
        return {name: value for name, value in found.items() if value}


def load_settings(**overrides: Any) -> Settings:
    """Read the settings for this process.

    Args:
        overrides: Values from the command line; ``None`` means not given.

    Raises:
        BadInputError: The file isn't TOML, or a value doesn't fit; the message names the setting.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(
            f"{CONFIG_FILE} is not valid TOML: {error}.", hint="Mend the file; nothing was read."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadInputError(
            f"The setting {name!r} does not fit: {first['msg']}.",
            hint=f"It comes from {CONFIG_FILE}, from {names.ENV_PREFIX}{name.upper()} or from the command line.",
        ) from error
