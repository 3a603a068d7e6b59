"""Finnhub REST. Source: finnhub.io/docs/api (formats from documentation, none recorded here)."""
