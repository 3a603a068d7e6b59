"""A second rule engine, plain and slow: the same alerts from the same events, or one of the two is wrong.

It is written from the contracts, not from the kernels; it knows nothing of batches, tables, keys or memory. Everything
of an alert but its `explanation` is built here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from surveillance.alerts import Alert, Completeness, identifier
from surveillance.events import INTERVALS, SECOND, SESSION_STATES
from surveillance.parameters import Parameters
from surveillance.reference import Instrument, Reference
from surveillance.rules import RULES
from surveillance.rules.likelihood import likelihood

from tests.oracle.bar_rules import AbnormalVolume, NewsImpact, PriceBreakout, PriceGap, VolatilitySpike
from tests.oracle.findings import Said, ns
from tests.oracle.leg_rules import (
    FrontRunning,
    PaintingTheTape,
    PreArrangedTrading,
    WashTrading,
    by_market,
    by_owner,
)
from tests.oracle.leg_rules_of_price import MarkingTheClose, Ramping
from tests.oracle.legs import Leg, Tape
from tests.oracle.market import SIGN, Bar, Market
from tests.oracle.market_rules import (
    PriceVelocity,
    clock_skew,
    feed_staleness,
    sequence_gap,
)
from tests.oracle.minute_rules import HalfSpaceTrees, IsolationForest, ZscoreAnomaly
from tests.oracle.minutes import Told
from tests.oracle.more_order_rules import Evaporation, Flipping, OrderToTrade, Pinging
from tests.oracle.order_rules import Layering, QuoteStuffing, Spoofing
from tests.oracle.print_rules import FatFinger, MomentumIgnition, PumpAndDump
from tests.oracle.prints import Print, Prints
from tests.oracle.quote_rules import LockedCrossedMarket, StubQuote, WideSpread, trade_through
from tests.oracle.validity import is_valid

LATE_NS = 5 * SECOND
LEG_RULES: dict[str, Any] = {
    "wash_trading": (by_owner, WashTrading),
    "pre_arranged_trading": (by_market, PreArrangedTrading),
    "painting_the_tape": (by_owner, PaintingTheTape),
    "front_running": (by_market, FrontRunning),
    "marking_the_close": (by_market, MarkingTheClose),
    "ramping": (by_owner, Ramping),
}
PRINT_RULES = {"fat_finger": FatFinger, "pump_and_dump": PumpAndDump, "momentum_ignition": MomentumIgnition}
ORDER_RULES = {
    "spoofing": Spoofing,
    "layering": Layering,
    "quote_stuffing": QuoteStuffing,
    "flipping": Flipping,
    "pinging": Pinging,
    "excessive_order_to_trade": OrderToTrade,
    "liquidity_evaporation": Evaporation,
}
OF_MARKETS = {"liquidity_evaporation"}
QUOTE_RULES = {"locked_crossed_market": LockedCrossedMarket, "stub_quote": StubQuote}
BAR_RULES = {
    "abnormal_volume": AbnormalVolume,
    "volatility_spike": VolatilitySpike,
    "price_breakout": PriceBreakout,
    "price_gap": PriceGap,
    "news_impact": NewsImpact,
}
MINUTE_RULES = {
    "zscore_anomaly": ZscoreAnomaly,
    "half_space_trees": HalfSpaceTrees,
    "isolation_forest": IsolationForest,
}
BY_VENUE = {rule.ID for rule in RULES if rule.BY_VENUE}
BOUNDS = {"critical": 0.9, "high": 0.7, "medium": 0.5, "low": 0.0}
RANKS = ["low", "medium", "high", "critical"]
LONGEST_NS = 1800 * SECOND


class Oracle:
    """One run over one lane's (or all lanes') events."""

    def __init__(self, parameters: Parameters, reference: Reference | None = None) -> None:
        self.parameters = parameters
        self.reference = reference or Reference()
        self.instruments = {each.symbol: each for each in self.reference.instruments}
        self.owners = {
            each.account: each.beneficial_owner for each in self.reference.accounts if each.beneficial_owner is not None
        }
        self.entities = {each.account: each.entity_type for each in self.reference.accounts if each.entity_type}
        self.markets: dict[str, Market] = {}
        self.tapes: dict[str, Tape] = {}
        self.legs: list[Leg] = []
        self.groups: dict[str, tuple[str | None, str | None]] = {}
        self.producers: dict[str, int] = {}
        self.everything: tuple[str, int] | None = None
        self.prints: dict[str, Prints] = {}
        self.memory: dict[tuple[Any, ...], Any] = {}
        self.episodes = Episodes()
        self.versions = {rule.ID: rule.VERSION for rule in RULES}
        self.alerts: dict[str, Alert] = {}
        self.applied: dict[tuple[str, tuple[str | None, str | None]], tuple[dict[str, float], str]] = {}
        self.counts = dict.fromkeys(("late", "duplicates", "rejected", "untracked", "restated"), 0)

    def feed(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take events in order."""
        for event in events:
            self.take({name: value for name, value in event.items() if value is not None})

    def take(self, event: dict[str, Any]) -> None:
        producer, number = event.get("producer"), event.get("number")
        if producer is not None and number is not None:
            if number <= self.producers.get(producer, -(2**63)):
                self.counts["duplicates"] += 1
                return
            self.producers[producer] = number
        symbol = event.get("symbol")
        if not is_valid(event, self.instruments):
            self.counts["rejected"] += 1
            if symbol is not None and symbol != "*":
                self.market(symbol, event).rejected += 1
            return
        assert symbol is not None
        if event["type"] == "status":
            self.take_status(symbol, event)
            return
        market = self.market(symbol, event)
        if event["type"] == "bar":
            market.take_bar(event, INTERVALS[event["interval"]])
            self.close_bars(market, event)
        elif event["type"] == "news":
            market.take_story(event)
            self.close_bars(market, event)
        else:
            self.take_timed(market, event)

    def market(self, symbol: str, event: dict[str, Any]) -> Market:
        if symbol in self.markets:
            return self.markets[symbol]
        instrument = self.instruments.get(symbol)
        makers = {each.account for each in self.reference.accounts if each.entity_type == "market_maker"}
        market = Market(symbol, instrument, self.reference.unknown, self.owners, makers)
        self.markets[symbol] = market
        group = market.instrument.asset_class, market.instrument.venue
        if instrument is None and event.get("venue") in self.parameters.venues():
            group = group[0], event["venue"]
        self.groups[symbol] = group
        if self.everything:
            market.by_status, market.state, market.session = True, *self.everything
            market.open_ts = market.close_ts = self.everything[1]
            if market.schedule:
                market.open_ts, market.close_ts = market.next_session(self.everything[1])
        return market

    def take_timed(self, market: Market, event: dict[str, Any]) -> None:
        ts = event["ts"]
        if market.mark is not None and ts < market.mark:
            if market.mark - ts > LATE_NS:
                market.late += 1
                self.counts["late"] += 1
                return
            ts = market.mark
        market.mark = ts
        market.enter(ts)
        is_open = market.state == "open"
        if is_open:
            market.advance_minute(ts)
            market.minutes.advance(market, ts)
        self.close_bars(market, event)
        tape = self.tapes.setdefault(market.symbol, Tape(self.entities))
        prints = self.prints_of(market)
        if ts >= tape.next_sample:
            market.minutes.sample(market)
        prints.enter(market, tape, ts)
        tape.enter(market, ts)
        mid = market.mid()
        legs: list[Leg] = []
        before = market.bid, market.ask
        if event["type"] == "order":
            known = market.live.get((event.get("venue"), event.get("previous_order_id") or event["order_id"]))
            self.counts["untracked"] += known is None and event["action"] != "new"
            shown = market.instrument.shown_levels
            told = market.take_order(event, ts, self.reference.shown_levels if shown is None else shown)
            self.counts["restated"] += told.restated
            market.minutes.order(event, told.side, told.restated)
            tape.remember(told)
            if told.action == "fill":
                legs = tape.fill(market, told, before)
            for rule, kind in ORDER_RULES.items():
                if is_open:
                    owner = None if rule in OF_MARKETS else told.owner.name
                    key = (rule, market.symbol, market.session, owner)
                    self.hear(
                        rule, self.memory.setdefault(key, kind()).see(told, self.values(rule, market)), market, event
                    )
        elif event["type"] == "trade":
            if event.get("correction") is not None:
                market.correct_trade(event)
            else:
                side = SIGN.get(event.get("aggressor") or "", 0)
                if side == 0 and mid is not None:
                    side = (event["price"] > mid) - (event["price"] < mid)
                market.minutes.trade(event, side)
                told_print = prints.take(market, tape, event, ts, is_open, mid)
                market.take_trade(event, is_open)
                tape.count(event, ts)
                legs = tape.trade(market, event, ts, before)
                if told_print:
                    self.hear_print(told_print, market, event)
            if is_open:
                velocity = self.memory.setdefault(("velocity", market.symbol, market.session), PriceVelocity())
                said = velocity.see(event, ts, market, self.values("price_velocity", market))
                self.hear("price_velocity", said, market, event)
                if event.get("correction") is None:
                    through = trade_through(event, ts, market, self.values("trade_through", market))
                    self.hear("trade_through", through, market, event)
        else:
            market.take_quote(event, ts)
            market.minutes.quote(market)
            for rule, quote_rule in QUOTE_RULES.items() if is_open else ():
                watch = self.memory.setdefault((rule, market.symbol, market.session), quote_rule())
                self.hear(rule, watch.see(event, ts, market, self.values(rule, market)), market, event)
        self.hear_legs(legs, market, event, is_open)
        touched = before != (market.bid, market.ask) or ts // SECOND != market.touched
        market.touched = ts // SECOND if touched else market.touched
        if is_open and touched:
            spread = self.memory.setdefault(("spread", market.symbol, market.session), WideSpread())
            self.hear("wide_spread", spread.see(ts, market, self.values("wide_spread", market)), market, event)

    def prints_of(self, market: Market) -> Prints:
        return self.prints.setdefault(market.symbol, Prints(self.owners))

    def hear_print(self, told: Print, market: Market, event: dict[str, Any]) -> None:
        """Show a print to the rules that ask for prints."""
        for rule, kind in PRINT_RULES.items():
            if told.is_open or kind.while_closed:
                memory = self.memory.setdefault((rule, market.symbol, market.session), kind())
                self.hear(rule, memory.see(told, self.values(rule, market)), market, event)

    def hear_legs(self, legs: list[Leg], market: Market, event: dict[str, Any], is_open: bool) -> None:
        """Show an event's legs to the rules that ask for them."""
        self.legs += legs
        for leg in legs if is_open else ():
            for rule, (key_of, kind) in LEG_RULES.items():
                memory = self.memory.setdefault((rule, market.symbol, market.session, key_of(leg)), kind())
                self.hear(rule, memory.see(leg, self.values(rule, market)), market, event)

    def take_status(self, symbol: str, event: dict[str, Any]) -> None:
        state, ts = event["state"], event["ts"]
        if symbol == "*":
            if state in SESSION_STATES:
                self.everything = state, ts
            told = list(self.markets.values())
        else:
            told = [self.market(symbol, event)]
        for market in told:
            if state in SESSION_STATES:
                market.be_told(ts, state)
            elif state == "gap":
                market.gaps += 1
            elif state in ("silent", "skewed", "heartbeat") and market.minute:
                market.advance_minute(ts)
            if state in ("silent", "skewed", "heartbeat") and market.minutes.running:
                market.minutes.advance(market, ts)
            self.close_bars(market, event)
        about = None if symbol == "*" else told[0]
        self.hear("feed_staleness", feed_staleness(event, self.values("feed_staleness", about)), about, event)
        self.hear("sequence_gap", sequence_gap(event, self.values("sequence_gap", about)), about, event)
        self.hear("clock_skew", clock_skew(event, self.values("clock_skew", about)), about, event)

    def close_bars(self, market: Market, event: dict[str, Any]) -> None:
        """Show closed bars and stories to their rules, with what the market knew when they closed."""
        bars, market.closed_bars = market.closed_bars, []
        for bar in bars:
            self.prints_of(market).remember(bar)
            for rule, kind in BAR_RULES.items():
                interval = bar.seconds if kind is VolatilitySpike else None
                watch = self.memory.setdefault((rule, market.symbol, interval), kind())
                self.hear(rule, watch.see(bar, self.values(rule, market)), market, event, bar)
        minutes, market.minutes.told = market.minutes.told, []
        for told in minutes:
            for rule, minute_rule in MINUTE_RULES.items():
                memory = self.memory.setdefault((rule, market.symbol), minute_rule())
                self.hear(rule, memory.see(told, self.values(rule, market)), market, event, told)

    def group(self, market: Market | None) -> tuple[str | None, str | None]:
        unknown: Instrument = self.reference.unknown
        return self.groups[market.symbol] if market else (unknown.asset_class, unknown.venue)

    def values(self, rule: str, market: Market | None) -> dict[str, float]:
        key = rule, self.group(market)
        if key not in self.applied:
            self.applied[key] = self.parameters.effective(rule, *key[1]), self.parameters.hash(rule, *key[1])
        return self.applied[key][0]

    def hear(
        self, rule: str, said: Said | None, market: Market | None, event: dict[str, Any], bar: Bar | Told | None = None
    ) -> None:
        """Turn what a rule said into a revision of an alert."""
        values = self.values(rule, market)
        if said is None or not values["enabled"]:
            return
        instrument = self.instruments.get(market.symbol) if market else None
        venue = event.get("venue") if rule in BY_VENUE else instrument.venue if instrument else None
        known = bar.known if bar and bar.known else None
        session, gaps, late, rejected = known or (
            (market.session, market.gaps, market.late, market.rejected) if market else (0, 0, 0, 0)
        )
        accounts = list(dict.fromkeys(said.accounts))
        alert = self.episodes.take(
            rule=rule,
            version=self.versions[rule],
            parameters_hash=self.applied[rule, self.group(market)][1],
            symbol=market.symbol if market else "*",
            venue=venue,
            party="+".join(sorted({self.owners.get(account, account) for account in accounts})) or "-",
            session=session,
            cool_down_ns=ns(values["cool_down_s"]),
            said=said,
            completeness=Completeness(gaps, late, rejected),
        )
        if alert:
            self.alerts[alert.alert_id] = alert


class Episode:
    """An alert while it may still grow."""

    def __init__(self, alert: Alert, session: int) -> None:
        self.alert = alert
        self.session = session
        self.orders: list[str] = []
        self.trades: list[str] = []


class Episodes:
    """Triggers that follow each other within the cool-down are one alert; an order is evidence of one alert only."""

    def __init__(self) -> None:
        self.running: dict[tuple[str, str, str | None, str], Episode] = {}
        self.owner_of_order: dict[tuple[Any, ...], Episode] = {}

    def take(
        self,
        *,
        rule: str,
        version: int,
        parameters_hash: str,
        symbol: str,
        venue: str | None,
        party: str,
        session: int,
        cool_down_ns: int,
        said: Said,
        completeness: Completeness,
    ) -> Alert | None:
        key = rule, symbol, venue, party
        episode = self.running.get(key)
        if episode and not (
            episode.session == session
            and said.start_ts - episode.alert.end_ts <= cool_down_ns
            and max(said.end_ts, episode.alert.end_ts) - min(said.start_ts, episode.alert.start_ts) <= LONGEST_NS
        ):
            episode = None
        scope = rule, symbol, venue, session
        orders = [
            name
            for name in dict.fromkeys(said.orders)
            if (*scope, name) not in self.owner_of_order or self.owner_of_order[*scope, name] is episode
        ]
        if said.orders and not orders:
            return None
        severity = next(name for name, bound in BOUNDS.items() if said.score >= bound)
        if said.candidate:
            severity = min(severity, "medium", key=RANKS.index)
        if episode is None:
            first = said.first_evidence
            if first is None:
                first = f"{[*orders, *said.trades, ''][0]}@{said.start_ts}"
            alert = Alert(
                alert_id=identifier(rule, version, parameters_hash, symbol, venue, party, first),
                episode_key=identifier(rule, symbol, venue, party, first),
                revision=0,
                rule=rule,
                rule_version=version,
                parameters_hash=parameters_hash,
                severity=severity,
                score=0.0,
                symbol=symbol,
                venue=venue,
                accounts=[],
                candidate=said.candidate,
                data_tier=0,
                start_ts=said.start_ts,
                end_ts=said.end_ts,
                detected_ts=said.ts if said.detected_ts is None else said.detected_ts,
                order_ids=[],
                trade_ids=[],
                order_count=0,
                trade_count=0,
                metrics={},
                thresholds={},
                baselines={},
                completeness=completeness,
                explanation="",
            )
            episode = self.running[key] = Episode(alert, session)
        for name in orders:
            self.owner_of_order[*scope, name] = episode
        episode.orders += [name for name in orders if name not in episode.orders]
        episode.trades += [name for name in dict.fromkeys(said.trades) if name not in episode.trades]
        alert = episode.alert
        alert.revision += 1
        alert.score = max(alert.score, round(likelihood(rule, said.score), 4))
        alert.severity = max(alert.severity, severity, key=RANKS.index)
        alert.start_ts, alert.end_ts = min(alert.start_ts, said.start_ts), max(alert.end_ts, said.end_ts)
        alert.accounts = sorted({*alert.accounts, *said.accounts})
        alert.candidate = alert.candidate and said.candidate
        alert.data_tier = max(alert.data_tier, said.tier)
        alert.order_ids, alert.trade_ids = episode.orders[:200], episode.trades[:200]
        alert.order_count, alert.trade_count = len(episode.orders), len(episode.trades)
        alert.metrics, alert.thresholds, alert.baselines = said.metrics, said.thresholds, said.baselines
        alert.completeness = completeness
        return alert
