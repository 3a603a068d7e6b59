"""A function's role and log group: it may write its own log and nothing else until it is let in somewhere."""

from aws_cdk import aws_iam, aws_logs
from constructs import Construct

from infra.constructs.defaults import Defaults


class ExecutionRole(Construct):
    """`role` and `log_group`, without the managed policy that may write every log of the account."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        service: str,
        defaults: Defaults,
    ) -> None:
        super().__init__(scope, name)
        self.log_group = aws_logs.LogGroup(
            self,
            "Logs",
            encryption_key=defaults.key,
            retention=defaults.log_days,
            removal_policy=defaults.removal_policy,
        )
        self.role = aws_iam.Role(self, "Role", assumed_by=aws_iam.ServicePrincipal(service))
        self.role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.log_group.log_group_arn]
            )
        )
