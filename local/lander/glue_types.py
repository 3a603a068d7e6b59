"""Hive type names of the Glue catalogue, as Arrow types."""

import pyarrow as pa

SIMPLE = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "smallint": pa.int16(),
    "tinyint": pa.int8(),
    "double": pa.float64(),
    "float": pa.float32(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}


def arrow_type(text: str) -> pa.DataType:
    """Give the Arrow type of a Hive type name, nested ones included; raises `ValueError` for an unknown one."""
    name, _, inner = text.strip().partition("<")
    if not inner:
        if name not in SIMPLE:
            raise ValueError(f"unknown Glue column type {text}")
        return SIMPLE[name]
    parts = _parts(inner.removesuffix(">"))
    if name == "array":
        return pa.list_(pa.field("element", arrow_type(parts[0])))
    if name == "map":
        return pa.map_(arrow_type(parts[0]), arrow_type(parts[1]))
    if name == "struct":
        fields = [part.partition(":") for part in parts]
        return pa.struct([(field.strip(), arrow_type(kind)) for field, _, kind in fields])
    raise ValueError(f"unknown Glue column type {text}")


def _parts(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def has_map(kind: pa.DataType) -> bool:
    """Say whether a type holds a map anywhere, which pyarrow's JSON reader can't fill from an object."""
    if pa.types.is_map(kind):
        return True
    return any(has_map(kind.field(place).type) for place in range(kind.num_fields))
