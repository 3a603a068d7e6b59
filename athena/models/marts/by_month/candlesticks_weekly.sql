-- Grain: one row per symbol and week, Monday to Sunday.
{{ candlesticks_over('week', 'W') }}
