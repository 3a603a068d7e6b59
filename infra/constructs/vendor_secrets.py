"""Keys of history's vendors: a secret's ARN, a word that a feed has a secret for already, or one made here."""

from collections.abc import Mapping

from aws_cdk import aws_iam
from constructs import Construct

from infra.constructs.defaults import Defaults
from infra.constructs.provider_secret import ProviderSecret


class VendorSecrets(Construct):
    """`arns` by source, as the collector reads them."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        defaults: Defaults,
        sources: Mapping[str, str],
        known: Mapping[str, ProviderSecret],
    ) -> None:
        super().__init__(scope, name)
        self._defaults = defaults
        made = dict(known)
        self.arns: dict[str, str] = {}
        for source, secret in sources.items():
            if secret.startswith("arn:"):
                self.arns[source] = secret
                continue
            if secret not in made:
                made[secret] = ProviderSecret(self, secret, defaults=defaults)
            self.arns[source] = made[secret].secret_arn

    def allow_reading(self, role: aws_iam.IRole) -> None:
        """Let a role read the vendors' keys."""
        role.add_to_principal_policy(
            aws_iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"], resources=list(dict.fromkeys(self.arns.values()))
            )
        )
        self._defaults.key.allow_reading(role)
