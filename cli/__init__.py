"""The `surveillance` command: one module a command, heavy imports inside it."""
