"""Fields of visuals: a column of a data set, as a dimension or aggregated, with its label and its format."""

from dataclasses import dataclass
from typing import Any, Final

from quicksight.contracts import DataSet, DefinitionError, Kind

NUMERIC: Final = (Kind.INTEGER, Kind.DECIMAL)
COUNTING: Final = ("COUNT", "DISTINCT_COUNT")
TIME: Final = "yyyy-MM-dd HH:mm:ss"
DAY: Final = "yyyy-MM-dd"


def number(places: int = 0, unit: str = "") -> dict[str, Any]:
    """Write numbers with so many decimals and, behind a blank, their unit."""
    made: dict[str, Any] = {
        "DecimalPlacesConfiguration": {"DecimalPlaces": places},
        "SeparatorConfiguration": {"DecimalSeparator": "DOT", "ThousandsSeparator": {"Symbol": "COMMA"}},
    }
    return {"NumberDisplayFormatConfiguration": made | ({"Suffix": f" {unit}"} if unit else {})}


def share(places: int = 1) -> dict[str, Any]:
    """Write shares in per cent."""
    return {"PercentageDisplayFormatConfiguration": {"DecimalPlacesConfiguration": {"DecimalPlaces": places}}}


@dataclass(frozen=True)
class Field:
    """A column in a visual; `how` is its aggregation, or null for a dimension."""

    data: DataSet
    column: str
    label: str
    how: str | None = None
    form: dict[str, Any] | str | None = None
    granularity: str | None = None

    def named(self, visual: str) -> str:
        """Give its id in a visual."""
        return f"{visual}.{self.column}.{(self.how or self.granularity or 'each').lower()}"

    @property
    def place(self) -> dict[str, str]:
        """Give the column's identifier."""
        return {"DataSetIdentifier": self.data.name, "ColumnName": self.column}

    def written(self, visual: str) -> dict[str, Any]:
        """Give the field as a dimension or a measure; raises `DefinitionError` where its column can't be that."""
        kind = self.data.kind(self.column)
        told: dict[str, Any] = {"FieldId": self.named(visual), "Column": self.place}
        if self.how is None:
            return self._dimension(kind, told)
        if kind in NUMERIC:
            told["AggregationFunction"] = {"SimpleNumericalAggregation": self.how}
            return {"NumericalMeasureField": told | self._format(kind)}
        allowed = (*COUNTING, "MIN", "MAX") if kind == Kind.DATETIME else COUNTING
        if self.how not in allowed:
            raise DefinitionError(f"{visual}: {self.how} of {self.data.name}.{self.column}, which is {kind}.")
        told["AggregationFunction"] = self.how
        if kind == Kind.DATETIME:
            return {"DateMeasureField": told | self._format(kind)}
        return {"CategoricalMeasureField": told | self._format(kind)}

    def plain(self, visual: str) -> dict[str, Any]:
        """Give the field as one that is not aggregated."""
        kind = self.data.kind(self.column)
        told: dict[str, Any] = {"FieldId": self.named(visual), "Column": self.place}
        written = self._format(kind)
        name = "DateTimeFormatConfiguration" if kind == Kind.DATETIME else "NumberFormatConfiguration"
        if written:
            told["FormatConfiguration"] = {name: written["FormatConfiguration"]}
        return told

    def axis_label(self, visual: str) -> dict[str, Any]:
        """Give the label as an axis wants it."""
        return {"CustomLabel": self.label, "ApplyTo": {"FieldId": self.named(visual), "Column": self.place}}

    def _dimension(self, kind: Kind, told: dict[str, Any]) -> dict[str, Any]:
        if kind == Kind.DATETIME:
            told["DateGranularity"] = self.granularity or "DAY"
            return {"DateDimensionField": told | self._format(kind)}
        name = "CategoricalDimensionField" if kind == Kind.STRING else "NumericalDimensionField"
        return {name: told}

    def _format(self, kind: Kind) -> dict[str, Any]:
        if isinstance(self.form, str):
            if kind != Kind.DATETIME:
                raise DefinitionError(f"{self.data.name}.{self.column} is {kind}; {self.form} is a format of times.")
            return {"FormatConfiguration": {"DateTimeFormat": self.form}}
        if self.form is None:
            return {}
        if kind not in NUMERIC:
            return {"FormatConfiguration": {"NumericFormatConfiguration": self.form}}
        return {"FormatConfiguration": {"FormatConfiguration": self.form}}


def by(data: DataSet, column: str, label: str, granularity: str | None = None, form: str | None = None) -> Field:
    """Make a dimension."""
    return Field(data, column, label, None, form, granularity)


def total(data: DataSet, column: str, label: str, form: dict[str, Any] | None = None) -> Field:
    """Sum a column."""
    return Field(data, column, label, "SUM", form or number())


def mean(data: DataSet, column: str, label: str, form: dict[str, Any] | None = None) -> Field:
    """Average a column."""
    return Field(data, column, label, "AVERAGE", form or number(2))


def most(data: DataSet, column: str, label: str, form: dict[str, Any] | str | None = None) -> Field:
    """Take the greatest of a column."""
    return Field(data, column, label, "MAX", form)


def least(data: DataSet, column: str, label: str, form: dict[str, Any] | str | None = None) -> Field:
    """Take the least of a column."""
    return Field(data, column, label, "MIN", form)


def count(data: DataSet, column: str, label: str) -> Field:
    """Count the different values of a column."""
    return Field(data, column, label, "DISTINCT_COUNT", number())
