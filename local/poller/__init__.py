"""Lambda's event source mappings for Kinesis and DynamoDB streams, with the handlers in processes of their own."""
