"""A Glue table over a prefix of the lake that Firehose fills, partitioned by the hour of arrival."""

from collections.abc import Iterable

from aws_cdk import Aws, aws_glue, aws_s3
from constructs import Construct

PARTITIONS = {"year": ("2020,2099", "4"), "month": ("1,12", "2"), "day": ("1,31", "2"), "hour": ("0,23", "2")}
"""Range and digits of each partition column: Athena computes partitions, nobody adds them."""


class RawTable(aws_glue.CfnTable):
    """Parquet below `prefix`; the name is a contract, so it is ours and not CloudFormation's."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        database: aws_glue.CfnDatabase,
        table_name: str,
        bucket: aws_s3.IBucket,
        prefix: str,
        columns: Iterable[tuple[str, str]],
    ) -> None:
        location = f"s3://{bucket.bucket_name}/{prefix}"
        template = "/".join(f"{column}=${{{column}}}" for column in PARTITIONS)
        projection = {f"projection.{column}.type": "integer" for column in PARTITIONS}
        projection |= {f"projection.{column}.range": range_ for column, (range_, _) in PARTITIONS.items()}
        projection |= {f"projection.{column}.digits": digits for column, (_, digits) in PARTITIONS.items()}
        super().__init__(
            scope,
            name,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=database.ref,
            table_input=aws_glue.CfnTable.TableInputProperty(
                name=table_name,
                table_type="EXTERNAL_TABLE",
                parameters={
                    "classification": "parquet",
                    "projection.enabled": "true",
                    "storage.location.template": f"{location}{template}/",
                    **projection,
                },
                partition_keys=[aws_glue.CfnTable.ColumnProperty(name=column, type="int") for column in PARTITIONS],
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
