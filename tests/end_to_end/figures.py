"""Differences in words, and figures on file: `EQUALITY_FIGURES` names the file docs/equality.md is written from."""

import json
import os
from collections.abc import Mapping

from tests.end_to_end.live_run import Live
from tests.end_to_end.sessions import Recording

SHOWN = 5
Contents = Mapping[str, Mapping[str, object]]


def differences(expected: Contents, found: Contents) -> list[str]:
    """Name the alerts that differ and the fields in which they do; empty if all are equal."""
    told = [f"missing: {expected[one]['rule']} {one}" for one in expected.keys() - found.keys()]
    told += [f"unexpected: {found[one]['rule']} {one}" for one in found.keys() - expected.keys()]
    for one in expected.keys() & found.keys():
        pairs = [(name, value, found[one].get(name)) for name, value in expected[one].items()]
        told += [f"{expected[one]['rule']} {one} {name}: {old} != {new}" for name, old, new in pairs if old != new]
    return sorted(told)[:SHOWN] + ([f"... {len(told)} in all"] if len(told) > SHOWN else [])


def assert_equal_alerts(title: str, recording: Recording, live: Live, expected: Contents | None = None) -> None:
    """Hold a run against the laws: alerts as replayed, every line accounted for, every alert announced."""
    wanted = recording.alerts if expected is None else expected
    different = differences(wanted, live.contents)
    note(title, recording, live, not different)
    failing = [sentence for sentence in live.reconciliation.sentences() if "FAILS" in sentence]
    silent = set(live.contents) - {alert_id for alert_id, _ in live.announced()}
    assert not different, f"{title}: {different}"
    assert not failing, f"{title}: {failing}"
    assert not silent, f"{title}: not announced: {silent}"


def note(title: str, recording: Recording, live: Live, equal: bool) -> None:
    """Append a run's figures to the file that `EQUALITY_FIGURES` names."""
    path = os.environ.get("EQUALITY_FIGURES")
    if path is None:
        return
    figures = {
        "fault": title,
        "session": recording.name,
        "events": recording.events,
        "alerts": len(live.alerts),
        "equal": equal,
        "law 3": live.reconciliation.holds,
        "seconds": round(live.seconds, 2),
        "cuts": live.cuts,
        "ingesters": live.ingester_starts,
        **live.poller["faults"],
    }
    with open(path, "a") as file:
        file.write(json.dumps(figures) + "\n")
