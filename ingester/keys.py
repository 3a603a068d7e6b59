"""Venue keys from Secrets Manager. A key is never logged: it lives only in the conversation that sends it."""

from typing import Any

import msgspec

from ingester.configuration import ConfigurationError


def key_of(client: Any, secret: str | None) -> str | None:
    """Read a secret: its text, or the one value (or the field `key`) of a JSON object.

    Raises:
        ConfigurationError: the secret is JSON with several values and none is called `key`.
    """
    if not secret:
        return None
    text: str = client.get_secret_value(SecretId=secret)["SecretString"]
    if not text.lstrip().startswith("{"):
        return text.strip()
    try:
        fields = msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        raise ConfigurationError(f"The secret {secret} is neither a key nor a JSON object of texts.") from None
    if "key" in fields:
        return fields["key"]
    if len(fields) == 1:
        return next(iter(fields.values()))
    raise ConfigurationError(f"The secret {secret} has several values and none is called key.")
