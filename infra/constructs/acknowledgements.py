"""Where a finding of cdk-nag is accepted: always one finding, on one construct, with a reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str, *findings: str) -> None:
    """Accept an AwsSolutions rule below a construct; `findings` name wildcards where the rule lists them."""
    identifiers = [f"{rule}[{finding}]" for finding in findings] or [rule]
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{identifier}", reason=reason) for identifier in identifiers)
    )
