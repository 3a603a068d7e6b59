"""Firehose to the lake: newline-delimited JSON in, Parquet out by a Glue table, split by the hour of arrival."""

from aws_cdk import Aws, aws_iam, aws_kinesisfirehose, aws_logs
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults
from infra.constructs.event_stream import EventStream
from infra.constructs.private_bucket import PrivateBucket
from infra.constructs.raw_table import RawTable

HOUR_OF_ARRIVAL = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"
SMALLEST_PARQUET_BUFFER_MB = 64
Firehose = aws_kinesisfirehose.CfnDeliveryStream


class ParquetDelivery(Construct):
    """One delivery stream into `prefix` of the lake; without a source, producers put records to it directly."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
        lake: PrivateBucket,
        prefix: str,
        table: RawTable,
        buffer_mb: int,
        buffer_seconds: int,
        source: EventStream | None = None,
    ) -> None:
        super().__init__(scope, name)
        if buffer_mb < SMALLEST_PARQUET_BUFFER_MB:
            raise ValueError(f"Firehose converts with a buffer of {SMALLEST_PARQUET_BUFFER_MB} MB or more")
        errors = f"{prefix.rstrip('/')}-errors/"
        logs = aws_logs.LogGroup(
            self,
            "Logs",
            encryption_key=defaults.key,
            retention=defaults.log_days,
            removal_policy=defaults.removal_policy,
        )
        stream = aws_logs.LogStream(self, "LogStream", log_group=logs, removal_policy=defaults.removal_policy)
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal(
                "firehose.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        lake.allow(
            role,
            ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
            [prefix, errors],
            "Firehose names its objects itself, below these two prefixes only.",
        )
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[lake.bucket_arn],
            )
        )
        catalog = f"arn:{Aws.PARTITION}:glue:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
                resources=[
                    f"{catalog}:catalog",
                    f"{catalog}:database/{table.database_name}",
                    f"{catalog}:table/{table.database_name}/{table.ref}",
                ],
            )
        )
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(actions=["logs:PutLogEvents"], resources=[logs.log_group_arn])
        )
        if source is not None:
            source.allow_reading(role)
        self.delivery_stream = Firehose(
            self,
            "DeliveryStream",
            delivery_stream_type="DirectPut" if source is None else "KinesisStreamAsSource",
            kinesis_stream_source_configuration=None
            if source is None
            else Firehose.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=source.stream_arn, role_arn=role.role_arn
            ),
            delivery_stream_encryption_configuration_input=Firehose.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="CUSTOMER_MANAGED_CMK", key_arn=defaults.key.key_arn
            )
            if source is None
            else None,
            extended_s3_destination_configuration=Firehose.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=lake.bucket_arn,
                role_arn=role.role_arn,
                prefix=f"{prefix}{HOUR_OF_ARRIVAL}",
                error_output_prefix=f"{errors}!{{firehose:error-output-type}}/{HOUR_OF_ARRIVAL}",
                buffering_hints=Firehose.BufferingHintsProperty(
                    size_in_m_bs=buffer_mb, interval_in_seconds=buffer_seconds
                ),
                compression_format="UNCOMPRESSED",
                encryption_configuration=Firehose.EncryptionConfigurationProperty(
                    kms_encryption_config=Firehose.KMSEncryptionConfigProperty(awskms_key_arn=defaults.key.key_arn)
                ),
                cloud_watch_logging_options=Firehose.CloudWatchLoggingOptionsProperty(
                    enabled=True, log_group_name=logs.log_group_name, log_stream_name=stream.log_stream_name
                ),
                data_format_conversion_configuration=Firehose.DataFormatConversionConfigurationProperty(
                    enabled=True,
                    input_format_configuration=Firehose.InputFormatConfigurationProperty(
                        deserializer=Firehose.DeserializerProperty(
                            open_x_json_ser_de=Firehose.OpenXJsonSerDeProperty(case_insensitive=False)
                        )
                    ),
                    output_format_configuration=Firehose.OutputFormatConfigurationProperty(
                        serializer=Firehose.SerializerProperty(
                            parquet_ser_de=Firehose.ParquetSerDeProperty(compression="SNAPPY")
                        )
                    ),
                    schema_configuration=Firehose.SchemaConfigurationProperty(
                        catalog_id=Aws.ACCOUNT_ID,
                        region=Aws.REGION,
                        database_name=table.database_name,
                        table_name=table.ref,
                        role_arn=role.role_arn,
                        version_id="LATEST",
                    ),
                ),
            ),
        )
        self.delivery_stream.node.add_dependency(role)
        if source is not None:
            acknowledge(
                self.delivery_stream,
                "KDF1",
                "Fed by Kinesis it has no encryption of its own; the source stream is encrypted with our key.",
            )
        self._data_key = defaults.key

    @property
    def name(self) -> str:
        """Give the physical name."""
        return self.delivery_stream.ref

    def allow_putting(self, role: aws_iam.IRole) -> None:
        """Let a role put records."""
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["firehose:PutRecord", "firehose:PutRecordBatch"], resources=[self.delivery_stream.attr_arn]
            )
        )
        self._data_key.allow_writing(role)
