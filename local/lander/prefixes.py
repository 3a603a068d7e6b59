"""Object prefixes as Firehose expands them: `!{timestamp:...}` by arrival, `!{firehose:error-output-type}`."""

import datetime
import re
import secrets

JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def expand(template: str, arrived_at: float, error_type: str | None = None) -> str:
    """Expand a prefix for the arrival time (Unix seconds, UTC); one without time gets YYYY/MM/dd/HH/."""
    arrival = datetime.datetime.fromtimestamp(arrived_at, datetime.UTC)

    def value(found: re.Match[str]) -> str:
        namespace, _, name = found[1].partition(":")
        if namespace == "timestamp":
            return re.sub("|".join(JAVA), lambda part: arrival.strftime(JAVA[part[0]]), name.replace("'", ""))
        if name == "error-output-type" and error_type is not None:
            return error_type
        if name == "random-string":
            return secrets.token_hex(6)[:11]
        raise ValueError(f"the prefix expression {found[0]} is not supported")

    expanded = re.sub(r"!\{([^}]*)\}", value, template)
    return expanded if "!{timestamp:" in template else f"{expanded}{arrival:%Y/%m/%d/%H}/"


def object_name(stream: str, arrived_at: float, suffix: str) -> str:
    """Name an object as Firehose does."""
    arrival = datetime.datetime.fromtimestamp(arrived_at, datetime.UTC)
    return f"{stream}-1-{arrival:%Y-%m-%d-%H-%M-%S}-{secrets.token_hex(16)}{suffix}"
