"""Batch rules over tables of events: alerts out, one an episode, as on the stream."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from types import ModuleType

import msgspec
import pyarrow as pa

from surveillance.alerts import Alert, Completeness, last_revisions
from surveillance.batch import BATCH_RULES
from surveillance.batch.executions import Evidence
from surveillance.batch.records import Records
from surveillance.engine.episodes import Episodes, Trigger
from surveillance.events import DAY
from surveillance.parameters import Parameters
from surveillance.reference import Reference


def batch_parameters(parameters: Parameters | None = None, rules: Sequence[ModuleType] = BATCH_RULES) -> Parameters:
    """Give the batch rules' parameters as they are declared, or as given."""
    return parameters or Parameters({rule.ID: rule.PARAMETERS for rule in rules})


def run(
    tables: Iterable[pa.Table],
    reference: Reference,
    parameters: Parameters | None = None,
    rules: Sequence[ModuleType] = BATCH_RULES,
) -> list[Alert]:
    """Run batch rules over whole days of events; the same events in other tables give the same alerts."""
    parameters = batch_parameters(parameters, rules)
    records = Records(tables, reference)
    instruments = {each.symbol: each for each in reference.instruments}

    def group(symbol: str) -> tuple[str | None, str | None]:
        instrument = instruments.get(symbol, reference.unknown)
        return instrument.asset_class, instrument.venue

    episodes, found = Episodes(), []
    for rule in rules:
        values = cache(lambda symbol, rule=rule: parameters.effective(rule.ID, *group(symbol)))
        evidence = sorted(_found(rule, records, values), key=lambda each: (each[0], each[1].ts, each[1].party))
        for symbol, each in evidence:
            alert = episodes.take(
                _trigger(rule, symbol, each, values(symbol), parameters.hash(rule.ID, *group(symbol)))
            )
            if alert is not None:
                found.append(msgspec.structs.replace(alert))
    return last_revisions(found)


def _found(
    rule: ModuleType, records: Records, values: Callable[[str], dict[str, float]]
) -> Iterator[tuple[str, Evidence]]:
    if rule.SCOPE == "market":
        yield from rule.find(records, values)
        return
    for symbol, listed in records.executions.items():
        if values(symbol)["enabled"]:
            yield from ((symbol, evidence) for evidence in rule.find(listed, values(symbol)))


def _trigger(
    rule: ModuleType, symbol: str, evidence: Evidence, values: dict[str, float], parameters_hash: str
) -> Trigger:
    return Trigger(
        rule=rule.ID,
        rule_version=rule.VERSION,
        parameters_hash=parameters_hash,
        symbol=symbol,
        venue=evidence.venue,
        party="+".join(sorted(evidence.party)),
        session=evidence.finding.start_ts // DAY * DAY,
        ts=evidence.ts,
        score=evidence.score,
        cool_down_ns=round(values["cool_down_s"] * 1e9),
        finding=evidence.finding,
        order_ids=list(evidence.order_ids),
        trade_ids=list(evidence.trade_ids),
        accounts=list(evidence.accounts),
        completeness=Completeness(),
    )
