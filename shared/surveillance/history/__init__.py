"""The tables of the history lake: their names, columns and layouts, as the build, the catalogue and dbt take them."""
