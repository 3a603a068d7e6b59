"""History from vendors and files: what to ask for, how to page, and how answers become rows of the raw tables.

No I/O and no clock: requests and answers are values, and the shells in `adapters` do the talking.
"""
