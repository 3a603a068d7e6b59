"""QuickSight as code: data sets by contract, and dashboards built by small functions."""
