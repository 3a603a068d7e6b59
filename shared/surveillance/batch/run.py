"""Batch rules over tables of events: alerts out, one an episode, as on the stream."""

from collections.abc import Iterable, Sequence
from types import ModuleType

import pyarrow as pa

from surveillance.alerts import Alert, Completeness, last_revisions
from surveillance.batch import BATCH_RULES
from surveillance.batch.executions import executions
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
    owners = {each.account: each.beneficial_owner for each in reference.accounts if each.beneficial_owner is not None}
    instruments = {each.symbol: each for each in reference.instruments}
    listed = executions(tables, owners)
    episodes, found = Episodes(), []
    for rule in rules:
        for symbol, trades in listed.items():
            instrument = instruments.get(symbol, reference.unknown)
            group = instrument.asset_class, instrument.venue
            values = parameters.effective(rule.ID, *group)
            if not values["enabled"]:
                continue
            for evidence in sorted(rule.find(trades, values), key=lambda each: (each.ts, each.party)):
                alert = episodes.take(
                    Trigger(
                        rule=rule.ID,
                        rule_version=rule.VERSION,
                        parameters_hash=parameters.hash(rule.ID, *group),
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
                )
                if alert is not None:
                    found.append(alert)
    return last_revisions(found)
