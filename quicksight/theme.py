"""The colours that dashboards may use, by what they say; a definition can name no others."""

from typing import Any, Final

SERIES: Final = ("#2563EB", "#D97706", "#059669", "#7C3AED", "#DB2777", "#0891B2", "#65A30D", "#64748B")
UP: Final = "#16A34A"
DOWN: Final = "#DC2626"
WARNING: Final = "#D97706"
TONES: Final = {"danger": DOWN, "warning": WARNING, "success": UP, "accent": SERIES[0]}
SCALE: Final = ("#EFF6FF", "#1D4ED8")
DIVERGING: Final = (DOWN, "#F8FAFC", SERIES[0])


def configuration() -> dict[str, Any]:
    """Give the configuration of an AWS::QuickSight::Theme."""
    return {
        "DataColorPalette": {"Colors": list(SERIES), "EmptyFillColor": "#E2E8F0", "MinMaxGradient": list(SCALE)},
        "UIColorPalette": {
            "PrimaryForeground": "#0F172A",
            "PrimaryBackground": "#FFFFFF",
            "SecondaryForeground": "#334155",
            "SecondaryBackground": "#F8FAFC",
            "Accent": SERIES[0],
            "AccentForeground": "#FFFFFF",
            "Danger": DOWN,
            "DangerForeground": "#FFFFFF",
            "Warning": WARNING,
            "WarningForeground": "#FFFFFF",
            "Success": UP,
            "SuccessForeground": "#FFFFFF",
        },
        "Sheet": {
            "Tile": {"Border": {"Show": True}},
            "TileLayout": {"Gutter": {"Show": True}, "Margin": {"Show": True}},
        },
    }
