-- Grain: one row per symbol and calendar month.
{{ candlesticks_over('month', 'M') }}
