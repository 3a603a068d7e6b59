"""A Glue table of history over its folder of the lake; Athena computes partitions by projection, nobody adds them."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws, aws_glue, aws_s3
from constructs import Construct
from surveillance.history.tables import Table

from infra.constructs.glue_types import arrow_columns

INTERVALS: Final = "1d,D,W,M"
INTRADAY: Final = "1m,5m,1h"
_MONTH: Final = {"type": "date", "format": "yyyy-MM", "range": "1990-01,NOW+1MONTHS", "interval": "1"}
_MONTH_UNIT: Final = {"interval.unit": "MONTHS"}
_DAY: Final = {"type": "date", "format": "yyyy-MM-dd", "range": "2000-01-01,NOW+1DAYS", "interval": "1"}
PROJECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "interval": {"type": "enum", "values": INTERVALS},
    "month": {**_MONTH, **_MONTH_UNIT},
    "day": {**_DAY, "interval.unit": "DAYS"},
    "year": {"type": "integer", "range": "2020,2099", "digits": "4"},
    "hour": {"type": "integer", "range": "0,23", "digits": "2"},
}
"""How each partition column is computed."""
HOURS: Final[Mapping[str, Mapping[str, str]]] = {
    "month": {"type": "integer", "range": "1,12", "digits": "2"},
    "day": {"type": "integer", "range": "1,31", "digits": "2"},
}
"""Where Firehose's hours are the partitions, month and day are numbers."""


class LakeTable(aws_glue.CfnTable):
    """Parquet below `prefix`, with the columns that the library declares; the name is a contract, so it is ours."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        database: aws_glue.CfnDatabase,
        bucket: aws_s3.IBucket,
        prefix: str,
        table: Table,
        partitions: Mapping[str, Mapping[str, str]] | None = None,
        template: str | None = None,
    ) -> None:
        location = f"s3://{bucket.bucket_name}/{prefix}{table.place}/"
        projected = partitions if partitions is not None else projections(table)
        template = template or "/".join(f"{column}=${{{column}}}" for column in projected)
        parameters = {"classification": "parquet"}
        if projected:
            parameters |= {"projection.enabled": "true", "storage.location.template": f"{location}{template}/"}
            for column, settings in projected.items():
                parameters |= {f"projection.{column}.{key}": value for key, value in settings.items()}
        columns = [pair for pair in arrow_columns(table.columns) if pair[0] not in projected]
        super().__init__(
            scope,
            name,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=database.ref,
            table_input=aws_glue.CfnTable.TableInputProperty(
                name=table.name,
                table_type="EXTERNAL_TABLE",
                parameters=parameters,
                partition_keys=[
                    aws_glue.CfnTable.ColumnProperty(
                        name=column, type="int" if settings["type"] == "integer" else "string"
                    )
                    for column, settings in projected.items()
                ],
                storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
                    location=location,
                    columns=[aws_glue.CfnTable.ColumnProperty(name=column, type=kind) for column, kind in columns],
                    input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                    serde_info=aws_glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                    ),
                ),
            ),
        )


def projections(table: Table) -> dict[str, Mapping[str, str]]:
    """Give the projection of each of a table's partition columns, in order."""
    by_hour = "hour" in table.partitions
    return {column: (HOURS if by_hour else {}).get(column, PROJECTIONS[column]) for column in table.partitions}
