"""What each data set of QuickSight holds: its columns and their types. Visuals can name nothing else.

A data set's SQL is `data_sets/<name>.sql`, written for Trino; in it stand `{marts}` and `{raw}` for the two databases
and the words of `WORDS`. The parameters of a data set stand in its SQL as `<<$Name>>`; only direct queries take them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "data_sets"
NOW: Final = "cast(current_timestamp at time zone 'UTC' as timestamp(3))"
WORDS: Final = {
    "{now}": NOW,
    "{market_now}": "cast(localtimestamp as timestamp(3))",
    "{arrived}": (
        "((cast(year as integer) = year({now}) and cast(month as integer) = month({now}) "
        "and cast(day as integer) = day({now})) "
        "or (cast(year as integer) = year({before}) and cast(month as integer) = month({before}) "
        "and cast(day as integer) = day({before})))"
    ).replace("{before}", "({now} - interval '1' day)"),
}
"""`{market_now}`: now, by which ages are told (Athena's sessions are in UTC); where a recorded session is looked at on
one machine it stands at that session's end. `{arrived}`: landed today or yesterday, UTC; by the columns that rows are
partitioned by, so that little is read.
"""
_UTC: Final = re.compile(r"\{utc (\w+)\}")


class Kind(StrEnum):
    """Types of columns, as QuickSight names them."""

    STRING = "STRING"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    DATETIME = "DATETIME"


class Mode(StrEnum):
    """Where a query of a visual goes: to Athena each time, or to what was loaded after the last run of dbt."""

    DIRECT = "DIRECT_QUERY"
    SPICE = "SPICE"


class DefinitionError(ValueError):
    """A dashboard names what there is not; the message says which dashboard, where, and what."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a data set's SQL, with the value it has where nobody chose one."""

    name: str
    kind: Kind
    default: str | int | float


@dataclass(frozen=True)
class DataSet:
    """A data set; `strings` and so on name its columns, parted by blanks."""

    name: str
    title: str
    mode: Mode
    strings: str = ""
    integers: str = ""
    decimals: str = ""
    datetimes: str = ""
    parameters: tuple[Parameter, ...] = ()

    @property
    def columns(self) -> dict[str, Kind]:
        """Give the type of each column by name."""
        named = zip(Kind, (self.strings, self.integers, self.decimals, self.datetimes), strict=True)
        return {name: kind for kind, names in named for name in names.split()}

    def kind(self, column: str) -> Kind:
        """Give a column's type; raises `DefinitionError` where there is no such column."""
        try:
            return self.columns[column]
        except KeyError:
            raise DefinitionError(
                f"Data set {self.name} has no column {column}; it has {', '.join(self.columns)}."
            ) from None

    def sql(self, marts: str, raw: str) -> str:
        """Give the query over the two databases, on one line a clause as it was written."""
        text = (FOLDER / f"{self.name}.sql").read_text(encoding="utf-8").strip()
        text = _UTC.sub(r"cast(from_unixtime_nanos(\1 - \1 % 1000000) at time zone 'UTC' as timestamp(3))", text)
        for word in ("{arrived}", "{now}", "{market_now}"):
            text = text.replace(word, WORDS[word])
        return text.replace("{marts}", marts).replace("{raw}", raw)


SYMBOL: Final = Parameter("Symbol", Kind.STRING, "AAPL")
WINDOW: Final = Parameter("Window", Kind.INTEGER, 20)

FRESH_ALERTS: Final = DataSet(
    "fresh_alerts",
    "Alerts that landed today or yesterday",
    Mode.DIRECT,
    strings="alert_id rule severity symbol venue status accounts age_band hour_of_day story explanation evidence_uri",
    integers="severity_rank is_open is_grave is_candidate data_tier order_count trade_count age_minutes revision",
    decimals="score",
    datetimes="detected_at started_at ended_at",
)
ALERT_EVIDENCE: Final = DataSet(
    "alert_evidence",
    "Orders and trades that an alert names",
    Mode.DIRECT,
    strings="what side account order_id trade_id",
    decimals="price size seconds_after_start",
    datetimes="happened_at",
    parameters=(Parameter("AlertId", Kind.STRING, "-"),),
)
ALERT_DAYS: Final = DataSet(
    "alert_days",
    "Alerts by day, rule and severity",
    Mode.SPICE,
    strings="rule severity",
    integers="alerts closed_true closed_false undecided",
    datetimes="date_at",
)
LIVE_MINUTES: Final = DataSet(
    "live_minutes",
    "Minutes of the market that landed today or yesterday",
    Mode.DIRECT,
    strings="symbol minute_label direction",
    integers="trades quotes order_messages recency_minutes in_window",
    decimals="open high low close volume notional body_low body_high moving_average return_shown",
    datetimes="minute_at",
    parameters=(WINDOW,),
)
FEED_MINUTES: Final = DataSet(
    "feed_minutes",
    "Events by minute that landed today or yesterday",
    Mode.DIRECT,
    strings="venue event_type",
    integers="events missing_messages age_minutes",
    decimals="latency_p50_ms latency_p95_ms events_per_second",
    datetimes="minute_at",
)
INSTRUMENT_BARS: Final = DataSet(
    "instrument_bars",
    "Candles of one instrument, with indicators of any window",
    Mode.DIRECT,
    strings="symbol bar_label direction patterns alert_rules grade_notes",
    integers="alerts grades",
    decimals=(
        "open high low close volume body_low body_high moving_average upper_band lower_band percent_b macd macd_signal "
        "macd_histogram rsi_14 atr_14 alert_mark grade_mark"
    ),
    datetimes="bar_at",
    parameters=(
        SYMBOL,
        Parameter("BarInterval", Kind.STRING, "day"),
        WINDOW,
        Parameter("BandWidth", Kind.DECIMAL, 2.0),
        Parameter("Bars", Kind.INTEGER, 180),
    ),
)
INSTRUMENTS: Final = DataSet(
    "instruments",
    "Instruments",
    Mode.SPICE,
    strings="symbol name sector capitalisation_segment liquidity_segment",
    integers="place_by_size",
    decimals="market_cap money_volume",
)
ALERT_HISTORY: Final = DataSet(
    "alert_history",
    "Alerts of all days, at their last revision",
    Mode.SPICE,
    strings="alert_id rule severity symbol venue status",
    integers="order_count trade_count",
    decimals="score duration_seconds",
    datetimes="detected_at",
)
GRADES: Final = DataSet(
    "grades",
    "Analysts' grades, and what prices did after them",
    Mode.SPICE,
    strings="symbol firm previous_grade new_grade direction_name year",
    integers="direction grades",
    decimals="return_1d return_5d return_20d",
    datetimes="date_at",
)
MARKET_HEALTH: Final = DataSet(
    "market_health",
    "Breadth and returns by day and group",
    Mode.SPICE,
    strings="group_kind group_name",
    integers="instruments advancers decliners unchanged is_latest sessions_ago",
    decimals=(
        "mean_return_1d mean_return_20d mean_return_30d share_above_sma_50 share_above_sma_200 share_above_sma_50_30d "
        "advance_decline_30d"
    ),
    datetimes="date_at",
)
TOP_AND_WORST: Final = DataSet(
    "top_and_worst",
    "Best and worst returns of the last session",
    Mode.SPICE,
    strings="symbol name sector direction horizon",
    integers="place",
    decimals="close return_over_horizon",
    datetimes="date_at",
)
MEGA_CAPS: Final = DataSet(
    "mega_caps",
    "The largest instruments over the last 60 sessions",
    Mode.SPICE,
    strings="symbol name ranked_by",
    integers="place is_latest",
    decimals="close return_1d return_20d return_60d money_volume indexed_close",
    datetimes="date_at",
)
SECTOR_CORRELATIONS: Final = DataSet(
    "sector_correlations",
    "Correlation of sectors' daily returns, last twelve months",
    Mode.SPICE,
    strings="sector other_sector",
    decimals="correlation",
)
EARNINGS: Final = DataSet(
    "earnings",
    "Earnings against estimates",
    Mode.SPICE,
    strings="symbol name sector quarter time_of_day outcome",
    integers="reports",
    decimals="eps_estimate eps_actual eps_surprise surprise_percent return_1d return_5d return_10d",
    datetimes="report_date_at",
)
EARNINGS_PATHS: Final = DataSet(
    "earnings_paths",
    "Prices from ten sessions before to ten after a report",
    Mode.SPICE,
    strings="symbol sector outcome year",
    integers="session_offset",
    decimals="normalised_close",
)
SURPRISE_CORRELATIONS: Final = DataSet(
    "surprise_correlations",
    "Correlation of surprise and return by sessions after the report",
    Mode.SPICE,
    strings="sector horizon",
    integers="horizon_sessions reports",
    decimals="correlation correlation_bounded mean_return_beat mean_return_met mean_return_missed",
)
COMPLETENESS: Final = DataSet(
    "completeness",
    "What each day should have and has",
    Mode.SPICE,
    integers=(
        "bars_expected bars_present bars_missing bars_flagged bars_repaired bars_quarantined messages_missing "
        "is_latest lacks_bars"
    ),
    decimals="completeness",
    datetimes="date_at",
)
QUALITY_CHECKS: Final = DataSet(
    "quality_checks",
    "What the quality job found",
    Mode.SPICE,
    strings="check_name outcome",
    integers="row_count symbols",
    datetimes="date_at",
)
INTRADAY: Final = DataSet(
    "intraday",
    "Microstructure of a session, by minute",
    Mode.DIRECT,
    strings="symbol venue minute_label session",
    integers="trades quotes order_messages is_latest",
    decimals=(
        "volume vwap quoted_spread_bp effective_spread_bp realised_spread_bp price_impact_bp order_flow_imbalance vpin "
        "kyle_lambda amihud roll_spread bid_depth ask_depth liquidity_score order_to_trade_ratio"
    ),
    datetimes="minute_at",
    parameters=(SYMBOL,),
)

DATA_SETS: Final = (
    FRESH_ALERTS,
    ALERT_EVIDENCE,
    ALERT_DAYS,
    ALERT_HISTORY,
    LIVE_MINUTES,
    FEED_MINUTES,
    INSTRUMENT_BARS,
    INSTRUMENTS,
    GRADES,
    MARKET_HEALTH,
    TOP_AND_WORST,
    MEGA_CAPS,
    SECTOR_CORRELATIONS,
    EARNINGS,
    EARNINGS_PATHS,
    SURPRISE_CORRELATIONS,
    COMPLETENESS,
    QUALITY_CHECKS,
    INTRADAY,
)
BY_NAME: Final = {data.name: data for data in DATA_SETS}
