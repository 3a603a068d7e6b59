"""Market surveillance: events in, explained alerts out. Everything but `adapters` is pure: no I/O, no clock."""
