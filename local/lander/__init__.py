"""Firehose: newline-delimited JSON from Kinesis or from producers, to Parquet objects in the lake."""
