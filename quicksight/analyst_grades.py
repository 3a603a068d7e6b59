"""Analyst grades: who raised and lowered what, and what prices did after it."""

from quicksight.contracts import GRADES, INSTRUMENTS, Kind
from quicksight.fields import DAY, by, mean, share, total
from quicksight.layout import Choice, Chosen, Dashboard, Sheet
from quicksight.visuals import bars, kpi, table

NAME = "analyst-grades"


def dashboard(prefix: str) -> Dashboard:
    """Make it."""
    data = GRADES
    grades = total(data, "grades", "Grades")
    direction = by(data, "direction_name", "Direction")
    returns = [
        mean(data, "return_1d", "1 session", share(2)),
        mean(data, "return_5d", "5 sessions", share(2)),
        mean(data, "return_20d", "20 sessions", share(2)),
    ]
    symbol, day = by(data, "symbol", "Symbol"), by(data, "date_at", "Day", form=DAY)
    one = Sheet(
        "one",
        "One instrument",
        (
            (
                4,
                [
                    (kpi("grades-count", "Grades of the instrument", grades), 12),
                    (kpi("after-5", "Mean return 5 sessions after", returns[1]), 12),
                    (kpi("after-20", "Mean return 20 sessions after", returns[2]), 12),
                ],
            ),
            (
                14,
                [
                    (
                        table(
                            "grades",
                            "Grades, newest first",
                            [
                                day,
                                symbol,
                                by(data, "firm", "Firm"),
                                by(data, "previous_grade", "From"),
                                by(data, "new_grade", "To"),
                                direction,
                                *returns,
                            ],
                            order=[(day, "DESC")],
                            tones=[(direction, "= 'raised'", "success"), (direction, "= 'lowered'", "danger")],
                        ),
                        36,
                    )
                ],
            ),
        ),
        choices=(Choice("Symbol", "Symbol", Kind.STRING, "AAPL", from_column=(INSTRUMENTS, "symbol")),),
        filters=(Chosen("of-symbol", data, "symbol", parameter="Symbol"),),
        note="Returns from the close before the grade; of instruments that have bars.",
    )
    every = Sheet(
        "all",
        "All instruments",
        (
            (
                11,
                [
                    (bars("by-direction", "Mean return after a grade, by direction", direction, returns), 18),
                    (
                        bars(
                            "by-year",
                            "Grades by year and direction",
                            by(data, "year", "Year"),
                            [grades],
                            colours=direction,
                            stacked=True,
                        ),
                        18,
                    ),
                ],
            ),
            (
                11,
                [
                    (bars("by-firm", "Grades by firm", by(data, "firm", "Firm"), [grades], across=True, top=15), 18),
                    (bars("by-symbol", "Grades by symbol", symbol, [grades], across=True, top=15), 18),
                ],
            ),
        ),
        filters=(Chosen("firm-chosen", data, "firm", "Firm"),),
    )
    return Dashboard(NAME, "Analyst grades", (data, INSTRUMENTS), (one, every))
