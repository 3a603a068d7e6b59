"""Feed keys: a feed names its secret by ARN, or by a word, and then the secret is made here and filled in by hand."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import aws_iam
from constructs import Construct

from infra.constructs.defaults import Defaults
from infra.constructs.provider_secret import ProviderSecret


class FeedSecrets(Construct):
    """`feeds` as the ingester reads them, secrets as ARNs."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
        feeds: Iterable[Mapping[str, Any]],
    ) -> None:
        super().__init__(scope, name)
        self.made: dict[str, ProviderSecret] = {}
        self._arns: list[str] = []
        self._defaults = defaults
        self.feeds = [{**feed, "secret": self._arn(feed["secret"])} for feed in feeds]

    def _arn(self, secret: str | None) -> str | None:
        if secret is None:
            return None
        if secret.startswith("arn:"):
            arn = secret
        else:
            if secret not in self.made:
                self.made[secret] = ProviderSecret(self, secret, defaults=self._defaults)
            arn = self.made[secret].secret_arn
        if arn not in self._arns:
            self._arns.append(arn)
        return arn

    def allow_reading(self, role: aws_iam.IRole) -> None:
        """Let a role read the feeds' keys."""
        if self._arns:
            role.add_to_principal_policy(
                aws_iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=self._arns)
            )
            self._defaults.key.allow_reading(role)
