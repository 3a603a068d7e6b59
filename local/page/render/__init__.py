"""Dashboards of a synthesised template, drawn from the local lake: what is seen here is what is deployed."""
