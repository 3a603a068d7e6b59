"""Glue columns of our own schemas: Arrow types of events and of history, annotations of the alert."""

import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pyarrow as pa

_ARROW = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("ms"): "timestamp",
}
_PYTHON: dict[object, str] = {str: "string", int: "bigint", float: "double", bool: "boolean"}


def arrow_type(kind: pa.DataType) -> str:
    """Name the Glue type of an Arrow type; raises `TypeError` for one we have no column of."""
    if pa.types.is_list(kind):
        return f"array<{arrow_type(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{arrow_type(kind.key_type)},{arrow_type(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{arrow_type(field.type)}' for field in kind)}>"
    if kind not in _ARROW:
        raise TypeError(f"no Glue type for {kind}")
    return _ARROW[kind]


def annotation_type(kind: Any) -> str:
    """Name the Glue type of a field's annotation; absent is null, so `X | None` is X."""
    if kind in _PYTHON:
        return _PYTHON[kind]
    arguments = [argument for argument in get_args(kind) if argument is not type(None)]
    origin = get_origin(kind)
    if origin in (Union, types.UnionType) and len(arguments) == 1:
        return annotation_type(arguments[0])
    if origin is list:
        return f"array<{annotation_type(arguments[0])}>"
    if origin is dict:
        return f"map<{annotation_type(arguments[0])},{annotation_type(arguments[1])}>"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"struct<{','.join(f'{name}:{glue}' for name, glue in struct_columns(kind))}>"
    raise TypeError(f"no Glue type for {kind}")


def arrow_columns(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Give (name, Glue type) of an Arrow schema, in order."""
    return ((field.name, arrow_type(field.type)) for field in schema)


def struct_columns(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """Give (name, Glue type) of a struct's fields, in order."""
    hints = get_type_hints(struct)
    return ((name, annotation_type(hints[name])) for name in struct.__struct_fields__)
