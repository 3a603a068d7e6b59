"""What several rules share, kept up to date by the shared pass: sessions, quotes, books, orders, bars, baselines."""
