"""What a team demands before a model ships: the table ``[policy]`` of the settings, checked when it is read."""

import difflib
import math
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mlreview import names

Role = Literal["primary", "secondary"]
Verdict = Literal[
    "overfitting", "underfitting", "good_fit", "still_improving", "unstable", "diverged", "insufficient_data"
]
ModelFiles = Literal["any", "unchanged", "verified"]
ALL: Final = "all"

_LISTS = ("roles", "note_headings", "verdicts")
_TABLES = ("minimum", "maximum", "max_regression")
_Limits = dict[str, Annotated[float, Field(allow_inf_nan=False)]]


class Policy(BaseModel):
    """What the gate demands. All of it can be left out; what is left out has the default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    enforce: bool = Field(default=False, description="The gate stops what does not meet the policy; else it only says.")
    reviewers: int = Field(
        default=1, ge=0, le=10, description="How many people have to approve what the run holds now, at least."
    )
    roles: tuple[Role, ...] = Field(default=(), description="Whose approval is needed, whoever else approves.")
    known_author: bool = Field(
        default=False, description="It is known who made the run, so that self-approval is excluded for sure."
    )
    verified_identities: bool = Field(
        default=False, description="Everybody who approved, or lifted a hold, was signed in when doing so."
    )
    signed_decisions: bool = Field(
        default=False, description="The request, the approvals and what lifted a hold are signed with a trusted key."
    )
    required_fields: bool = Field(
        default=True, description="Everything that the setting `required_fields` lists is recorded."
    )
    note_headings: tuple[str, ...] = Field(
        default=(), description='Headings of the note that people have to fill in; `"all"` for the whole template.'
    )
    verdicts: tuple[Verdict, ...] = Field(
        default=(), description="Verdicts on the training that may ship; empty for any."
    )
    minimum: _Limits = Field(default={}, description="Metrics that must not be below a value.")
    maximum: _Limits = Field(default={}, description="Metrics that must not be above a value.")
    max_regression: _Limits = Field(
        default={},
        description="By metric, how much worse than the baseline it may be; what is within noise is not worse.",
    )
    model_files: ModelFiles = Field(
        default="unchanged",
        description="`unchanged`: none differs from what was recorded; `verified`: each was hashed, too; `any`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("must be a table, [policy]")
        known = list(cls.model_fields)
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(str(key).lower().replace("-", "_"), known, n=1, cutoff=0.0)[0]
                raise ValueError(f"{key!r} is nothing a policy can demand; the nearest is {near!r}")
        return value

    @field_validator(*_LISTS, mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value

    @field_validator(*_TABLES, mode="before")
    @classmethod
    def _numbers_by_metric(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("must be a table of metrics and numbers, such as { val_AUROC = 0.9 }")
        for key, limit in value.items():
            if isinstance(limit, bool) or not isinstance(limit, int | float) or not math.isfinite(limit):
                raise ValueError(f"the limit of {key!r} must be a number")
            if not names.is_legal_key(key) or len(key) > names.MAX_KEY_CHARS:
                raise ValueError(f"{key[:40]!r} can't be the name of a metric")
        return {key: float(limit) for key, limit in value.items()}

    @field_validator("max_regression")
    @classmethod
    def _not_below_nothing(cls, value: _Limits) -> _Limits:
        for key, limit in value.items():
            if limit < 0:
                raise ValueError(f"the regression of {key!r} that is allowed can't be below 0")
        return value

    @model_validator(mode="after")
    def _possible(self) -> "Policy":
        for key in self.minimum.keys() & self.maximum.keys():
            if self.minimum[key] > self.maximum[key]:
                raise ValueError(f"no value of {key!r} is above its minimum and below its maximum")
        return self

    def headings(self, template: tuple[str, ...]) -> tuple[str, ...]:
        """The headings that have to be filled in, of a team's template."""
        return template if self.note_headings == (ALL,) else self.note_headings


VERDICTS: Final[tuple[str, ...]] = get_args(Verdict)


def check_headings(policy: Policy, template: tuple[str, ...]) -> None:
    """Refuse a heading that no note has.

    Raises:
        ValueError: The team's template lacks it.
    """
    known = {" ".join(one.split()).casefold() for one in template}
    for heading in policy.headings(template):
        if " ".join(heading.split()).casefold() not in known:
            raise ValueError(f"note_headings: the template for notes has no heading {heading!r}")
