"""What a mapping file may say: the models of the language.

Every field of a payload is given by a rule. A text is a column. A mapping that has one of the words
``from``, ``const``, ``join``, ``attribute`` or ``each`` is a rule of that kind. Any other mapping is a
nested body, whose keys are fields of the payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Union
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Discriminator, Field, RootModel, Tag, model_validator

from cartage.mapping.transforms import TRANSFORMS
from cartage.yamlfile import Strict, close, wrong

Scalar = str | bool | int | Decimal | None
Kind = Literal["text", "integer", "decimal", "boolean", "date", "datetime"]

HEADS = {"from": "From", "const": "Const", "join": "Join", "attribute": "Attribute", "each": "Each"}
"""The word that makes a mapping a rule, and the model of that rule."""

SITE = "site"
"""As a zone: that of the record's own site."""


class Conditional(Strict):
    """What every rule may have."""

    when: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict,
        description="Write the field only when each of these columns has the value given, or one of the values in a list.",
    )


class Steps(Conditional):
    """What may be done with a value, always in this order, whatever the order of the keys.

    A value that is null, at first or after a step, skips the steps that follow, and the field is left out.
    """

    if_null: Scalar = Field(default=None, description="1. Value to use when the column is null.")
    values: dict[str, Scalar] | None = Field(
        default=None, description="2. Value map: the value's text on the left, what to write on the right."
    )
    transform: str | None = Field(default=None, description="3. A named transform, see the list below.")
    lookup: str | None = Field(
        default=None, description="4. Give the value's internal id in the target: `item`, `currency`, `location` …"
    )
    default: Scalar = Field(
        default=None,
        description="What to write when the value map or the lookup does not know the value; null leaves the field out. Without it, the record "
        "is quarantined.",
    )
    kind: Kind | None = Field(default=None, alias="as", description="5. The kind to write, see the list below.")
    zone: str | None = Field(
        default=None,
        description="Zone of `as: date`: `site` for the zone of the record's site, or an IANA name. Always required, since "
        "a moment falls on different days in different zones.",
    )
    places: int | None = Field(
        default=None,
        ge=0,
        le=6,
        description="Decimals of `as: decimal`, half a unit rounded away from zero. Without it, no digit is lost.",
    )
    max: int | None = Field(default=None, ge=1, description="6. Greatest number of characters.")
    over: Literal["refuse", "cut", "warn"] = Field(
        default="refuse",
        description="What is done with a longer text: `refuse` quarantines the record, `cut` shortens it, `warn` shortens "
        "it and says so in the log of `transform`.",
    )
    required: bool = Field(default=False, description="7. Quarantine the record when the field would be left out.")

    @model_validator(mode="after")
    def _check_steps(self) -> Steps:
        for name, wanted, has in (
            ("zone", "`as: date`", self.kind == "date"),
            ("places", "`as: decimal`", self.kind == "decimal"),
            ("default", "`values:` or `lookup:`", bool(self.values is not None or self.lookup)),
            ("over", "`max:`", self.max is not None),
        ):
            if name in self.model_fields_set and not has:
                raise wrong(f"only goes with {wanted}", name)
        if self.kind == "date" and self.zone is None:
            raise wrong("needs `zone:`; write `zone: site`, or an IANA name such as `zone: UTC`", "as")
        if self.zone not in (None, SITE):
            _check_zone(str(self.zone))
        if self.transform is not None and self.transform not in TRANSFORMS:
            hint = close(self.transform, TRANSFORMS) or f"; write one of {', '.join(sorted(TRANSFORMS))}"
            raise wrong(f"`{self.transform}` is no named transform{hint}", "transform")
        return self


class From(Steps):
    """A column, and what is done with its value. The text `order_no` is short for `{from: order_no}`."""

    source: str | tuple[str, ...] = Field(
        alias="from",
        min_length=1,
        description="A column of the row; of a list, the first column that is not null. Inside `each`, columns are the "
        "child row's; the record's own are written with its name in front, `order.currency`.",
    )


class Join(Steps):
    """Several columns written as one text; nulls are passed over."""

    join: tuple[str, ...] = Field(min_length=1, description="Columns, as in `from`.")
    between: str = Field(default=" ", alias="with", description="What stands between them: a blank, unless said.")


WORDS = frozenset(HEADS) | {field.alias or name for name, field in Steps.model_fields.items()}
"""Words that belong to rules, so that no field of a payload may be called by one of them."""


class AttributeName(Strict):
    """A custom attribute of the shop."""

    name: str = Field(min_length=1, description="The attribute's id.")
    owner: str | None = Field(
        default=None,
        description="Whose attribute it is: the record's name (`order`), or nothing for the row at hand (the line).",
    )


class Attribute(Steps):
    """A custom attribute of the shop."""

    attribute: AttributeName = Field(description="Which attribute of whom.")


class Const(Conditional):
    """The same value always."""

    const: Any = Field(description="The value: a text, number, flag, list or mapping.")


def _no_rule_words(schema: dict[str, Any]) -> None:
    """Tell editors what the reader refuses: a word of the language as the name of a field."""
    schema["propertyNames"] = {"not": {"enum": sorted(WORDS)}}


class Body(RootModel[dict[str, "Rule"]]):
    """Fields of a payload, each with its rule. A body that comes out empty is left out."""

    model_config = ConfigDict(json_schema_extra=_no_rule_words, frozen=True)


class Each(Conditional):
    """A list, with an entry for each child row."""

    each: str = Field(description="The child rows: `lines`, `payments` …")
    body: Body = Field(description="What is written for each of them; columns are the child row's.")
    where: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict, description="Only child rows whose columns have the value given, or one of a list."
    )


def kind_of_rule(value: Any) -> str | None:
    """Say which rule a value is, by its type and by the words in it."""
    if isinstance(value, str):
        return "Column"
    if isinstance(value, Mapping):
        return next((model for word, model in HEADS.items() if word in value), "Body")
    return type(value).__name__ if isinstance(value, Conditional | Body) else None


Rule = Annotated[
    Union[  # noqa: UP007 - a union of annotated members cannot be written with a bar
        Annotated[str, Tag("Column")],
        Annotated[From, Tag("From")],
        Annotated[Const, Tag("Const")],
        Annotated[Join, Tag("Join")],
        Annotated[Attribute, Tag("Attribute")],
        Annotated[Each, Tag("Each")],
        Annotated[Body, Tag("Body")],
    ],
    Discriminator(
        kind_of_rule,
        custom_error_type="setting",
        custom_error_message="must be a column's name or a rule such as `{from: column}`; write `{const: ...}` for a value",
    ),
]
"""The value of a payload's field."""


class MappingFile(Strict):
    """A mapping from a neutral record to a payload of the target."""

    record: str = Field(
        min_length=1, description="The record that is read, for example `order`: what its columns belong to."
    )
    target: str = Field(min_length=1, description="The target's record type, for example `salesOrder`.")
    body: Body = Field(description="The payload.")


Body.model_rebuild()
Each.model_rebuild()
MappingFile.model_rebuild()


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise wrong(
            f"`{zone}` is no time zone; write `site`, or an IANA name such as `Europe/Berlin`", "zone"
        ) from None
