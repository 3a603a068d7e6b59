"""Polygon.io (now Massive) REST, one dataset a file. Source: massive.com/docs/rest, and answers they recorded."""
