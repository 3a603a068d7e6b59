"""The alert table's stream as Lambda hands it over: which alerts want announcing, and which revisions are new."""

from collections.abc import Mapping
from typing import Any

import msgspec

from surveillance.adapters.alert_table import stored_of
from surveillance.alerts import Alert


class Revision(msgspec.Struct, frozen=True):
    """A revision that a stream record brought, and the record's sequence number."""

    sequence_number: str
    alert: Alert


def wanting_announcement(event: Mapping[str, Any]) -> list[str]:
    """Give the ids of the alerts whose image wants an announcement, in order."""
    images = (record["dynamodb"].get("NewImage") for record in event["Records"])
    return list(dict.fromkeys(image["alert_id"]["S"] for image in images if image and "announcement" in image))


def new_revisions(event: Mapping[str, Any]) -> list[Revision]:
    """Give what the engine wrote; marks and the analysts' changes bring no revision."""
    found = []
    for record in event["Records"]:
        change = record["dynamodb"]
        image, old = change.get("NewImage"), change.get("OldImage")
        if image and (not old or old["revision"] != image["revision"]):
            found.append(Revision(change["SequenceNumber"], stored_of(image).alert))
    return found
