"""Settings: ``mlreview.toml``, overridden by environment variables, overridden by the command line."""

import difflib
import getpass
import os
import re
import tomllib
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.fields import check_field_name
from mlreview.policy import Policy, check_headings
from mlreview.trusted_keys import TrustedKey, check_trusted

CONFIG_FILE = "mlreview.toml"


class PersonSetting(BaseModel):
    """One person of ``[people]``: under which names, addresses and logins they appear."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = ""
    email: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        if isinstance(value, str | list):
            return {"logins": value}
        if not isinstance(value, dict):
            raise ValueError("must be the person's other names, or a table of name, email and logins")
        return value

    @field_validator("email", "logins", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


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
    metric_aliases: dict[str, tuple[str, ...]] = Field(
        default={},
        description="Other names of metrics, so that runs which logged one name rank beside runs that logged another.",
    )

    note_headings: tuple[str, ...] = Field(
        default=(),
        description="Headings of the template for notes, in order, instead of the seven that it has otherwise.",
    )

    required_fields: tuple[str, ...] = Field(
        default=names.REQUIRED_FIELDS,
        description="What a run has to have recorded before its review, checked when a training ends and by the gate.",
    )

    @field_validator("required_fields")
    @classmethod
    def _known_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            check_field_name(name)
        return value

    reproduce_tolerance: float = Field(
        default=0.001,
        ge=0,
        lt=1,
        description="Relative difference of a metric up to which a reproduction counts as within tolerance.",
    )

    people: dict[str, PersonSetting] = Field(
        default={},
        description="The team: names, e-mail addresses and logins of each person, so that they are one in reviews.",
    )
    lead: tuple[str, ...] = Field(
        default=(),
        description="Who may lift an absent reviewer's request for changes, with a reason.",
    )
    app_url: str | None = Field(
        default=None,
        description="Address of this dashboard as the team opens it, for links in messages and calendar files.",
    )
    webhook_url: str | None = Field(
        default=None,
        description="Address that is told of review requests, questions and decisions, by HTTPS POST of JSON.",
    )

    @field_validator("lead", mode="before")
    @classmethod
    def _one_lead_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("webhook_url")
    @classmethod
    def _encrypted_address_only(cls, value: str | None) -> str | None:
        if value is None:
            return value
        parts = urlsplit(value)
        here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not here and not (parts.scheme == "https" and parts.hostname):
            raise ValueError("must start with https://; plain http:// goes to this machine alone")
        return value

    policy: Policy | None = Field(
        default=None,
        description="What the gate demands before a model ships; see docs/policy.md.",
    )

    trusted_keys: dict[str, TrustedKey] = Field(
        default={},
        description="Public keys whose signatures under decisions count, by their id; see docs/threat-model.md.",
    )

    @field_validator("trusted_keys")
    @classmethod
    def _named_by_their_ids(cls, value: dict[str, TrustedKey]) -> dict[str, TrustedKey]:
        check_trusted(value)
        return value

    @field_validator("policy")
    @classmethod
    def _headings_that_the_note_has(cls, value: Policy | None, info: ValidationInfo) -> Policy | None:
        if value is not None:
            check_headings(value, info.data.get("note_headings") or names.NOTE_HEADINGS)
        return value

    identity_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="Header in which a proxy with the team's login says who somebody is; trusted wherever it is sent.",
    )

    @field_validator("metric_aliases", mode="before")
    @classmethod
    def _one_name_or_several(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError('must be a table of names, such as val_acc = "val_binary_accuracy"')
        for name, others in value.items():
            listed = [others] if isinstance(others, str) else others
            if not isinstance(listed, list | tuple) or not listed or not all(isinstance(one, str) for one in listed):
                raise ValueError(f"{name!r} must be another name of that metric, or a list of names")
            for one in (name, *listed):
                if not one.strip() or len(one) > names.MAX_KEY_CHARS:
                    raise ValueError(
                        f"{name!r}: the name of a metric has 1 to {names.MAX_KEY_CHARS} characters, not {len(one)}"
                    )
            if name in listed:
                raise ValueError(f"{name!r} is named as its own alias")
        return {name: (others,) if isinstance(others, str) else tuple(others) for name, others in value.items()}

    @field_validator("mlflow_ui_url", "app_url")
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
            _File(settings_cls),
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


class _File(PydanticBaseSettingsSource):
    """``mlreview.toml`` in the working directory, where there is one. All of it is ours, so nothing is ignored."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        try:
            found = tomllib.loads(Path(CONFIG_FILE).read_bytes().removeprefix(b"\xef\xbb\xbf").decode())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise BadInputError(
                f"{CONFIG_FILE} can't be read: {error.strerror}.", hint="Make it a readable file, or move it away."
            ) from error
        except UnicodeDecodeError as error:
            raise BadInputError(
                f"{CONFIG_FILE} is not UTF-8 text (at byte {error.start:,}).",
                hint="Save it as UTF-8; nothing was read.",
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise BadInputError(
                f"{CONFIG_FILE} is not valid TOML: {error}.", hint="Mend the file; nothing was read."
            ) from error
        known = list(self.settings_cls.model_fields)
        for key in found:
            if key not in known:
                near = difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.0)[0]
                raise BadInputError(
                    f"{CONFIG_FILE} sets {key!r}, which is no setting; the nearest one is {near!r}.",
                    hint=f"Mend the file; nothing was read. There are: {', '.join(known)}.",
                )
        return found


def named_user() -> str | None:
    """Who acts where somebody has said so: ``MLREVIEW_USER``."""
    return os.environ.get(f"{names.ENV_PREFIX}USER", "").strip() or None


def acting_user() -> str | None:
    """Who acts where nobody has logged in: ``MLREVIEW_USER``, else the operating system's user, else nobody known."""
    name = named_user()
    if name:
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without an entry for its user
        return None


def load_settings(**overrides: Any) -> Settings:
    """Read the settings for this process.

    Args:
        overrides: Values from the command line; ``None`` means not given.

    Raises:
        BadInputError: The file can't be read, isn't TOML or sets what is no setting, or a value doesn't fit; the
            message names the setting.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        variable = names.ENV_PREFIX + name.partition(".")[0].upper()
        raise BadInputError(
            f"The setting {name!r} does not fit: {first['msg']}.",
            hint=f"It comes from {CONFIG_FILE}, from {variable} or from the command line.",
        ) from error
    except SettingsError as error:  # only a table is read from the environment as JSON
        field = re.search(r'field "(\w+)"', str(error))
        raise BadInputError(
            f"{names.ENV_PREFIX}{field[1].upper() if field else 'METRIC_ALIASES'} is not valid JSON.",
            hint='Write it such as {"val_acc": "val_binary_accuracy"}, a list such as ["ada"]; nothing was read.',
        ) from error
