"""The local page: what an analyst looks at on this machine, served to 127.0.0.1 only."""
