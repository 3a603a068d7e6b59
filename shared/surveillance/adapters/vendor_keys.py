"""Vendors' keys from Secrets Manager: the secret's text, or the one value (or the field `key`) of a JSON object."""

from typing import Any

import msgspec

from surveillance.errors import InputError


def key_of_secret(client: Any, secret: str) -> str:
    """Read a key; raises `InputError`, which names the secret and never what is in it."""
    try:
        text = str(client.get_secret_value(SecretId=secret).get("SecretString") or "").strip()
    except client.exceptions.ResourceNotFoundException:
        raise InputError(f"There is no secret {secret}.") from None
    if text.startswith("{"):
        try:
            fields = msgspec.json.decode(text, type=dict[str, str])
        except msgspec.DecodeError:
            raise InputError(f"The secret {secret} is neither a key nor a JSON object of texts.") from None
        text = fields.get("key") or (next(iter(fields.values())) if len(fields) == 1 else "")
    if not text or not text.isascii() or not text.isprintable():
        raise InputError(f"The secret {secret} holds no key.")
    return text
