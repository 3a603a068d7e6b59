"""The topic of alerts and its subscribers, each with the filter its subscription asks for."""

from collections.abc import Iterable

from aws_cdk import aws_iam, aws_sns, aws_sqs
from constructs import Construct

from infra.configuration import Subscription
from infra.constructs.defaults import Defaults


class AnnouncementTopic(aws_sns.Topic):
    """An encrypted topic that takes messages over TLS only."""

    def __init__(self, scope: Construct, name: str, *, defaults: Defaults, display_name: str) -> None:
        super().__init__(scope, name, master_key=defaults.key, enforce_ssl=True, display_name=display_name)
        self._data_key = defaults.key

    def allow_publishing(self, role: aws_iam.IRole) -> None:
        """Let a role publish."""
        role.add_to_principal_policy(aws_iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic_arn]))
        self._data_key.allow_writing(role)

    def subscribe_plainly(self, emails: Iterable[str]) -> None:
        """Send every message to e-mail addresses."""
        for address in emails:
            aws_sns.Subscription(
                self, f"email:{address}", topic=self, protocol=aws_sns.SubscriptionProtocol.EMAIL, endpoint=address
            )

    def subscribe(self, subscriptions: Iterable[Subscription], dead_letters: aws_sqs.Queue) -> None:
        """Subscribe receivers; what can't be delivered to them goes to the dead letters."""
        dead_letters.add_to_resource_policy(
            aws_iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[aws_iam.ServicePrincipal("sns.amazonaws.com")],
                resources=[dead_letters.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self.topic_arn}},
            )
        )
        for subscription in subscriptions:
            policy = {"severity": aws_sns.SubscriptionFilter.string_filter(allowlist=subscription.severities)}
            if subscription.symbols:
                policy["symbol"] = aws_sns.SubscriptionFilter.string_filter(allowlist=list(subscription.symbols))
            if subscription.rules:
                policy["rule"] = aws_sns.SubscriptionFilter.string_filter(allowlist=list(subscription.rules))
            aws_sns.Subscription(
                self,
                f"{subscription.protocol}:{subscription.endpoint}".replace("/", "-"),
                topic=self,
                protocol=aws_sns.SubscriptionProtocol(subscription.protocol.upper()),
                endpoint=subscription.endpoint,
                filter_policy=policy,
                dead_letter_queue=dead_letters,
            )
