"""A provider's key: a secret made empty, to be filled in by hand."""

from aws_cdk import aws_secretsmanager
from constructs import Construct

from infra.constructs.acknowledgements import acknowledge
from infra.constructs.defaults import Defaults


class ProviderSecret(aws_secretsmanager.Secret):
    """A secret encrypted with our key; `name` is the word that the context calls it by."""

    def __init__(self, scope: Construct, name: str, *, defaults: Defaults) -> None:
        super().__init__(
            scope,
            name,
            description=f"Feed key {name}: put the provider's key here",
            encryption_key=defaults.key,
            removal_policy=defaults.removal_policy,
        )
        acknowledge(self, "SMG4", "The feed's provider issues this key; nothing here can rotate it.")
