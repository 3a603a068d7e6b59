"""The ingester: WebSocket feeds in, lane records in Kinesis out; one live ingester per feed, nothing lost silently."""
