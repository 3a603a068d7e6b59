"""What every construct of a deployment shares."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy, aws_logs

from infra.constructs.data_key import DataKey


@dataclass(frozen=True)
class Defaults:
    """The key of all data, what happens to data when a stack is deleted, and how long function logs are kept."""

    key: DataKey
    removal_policy: RemovalPolicy
    log_days: aws_logs.RetentionDays


def log_retention(days: int) -> aws_logs.RetentionDays:
    """Give the shortest retention CloudWatch offers that is not below `days`."""
    offered = {1: "ONE_DAY", 3: "THREE_DAYS", 7: "ONE_WEEK", 30: "ONE_MONTH", 90: "THREE_MONTHS", 180: "SIX_MONTHS"}
    offered |= {365: "ONE_YEAR", 1827: "FIVE_YEARS", 3653: "TEN_YEARS"}
    return aws_logs.RetentionDays[offered[min(offer for offer in offered if offer >= days)]]
