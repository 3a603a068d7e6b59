"""The market itself, compiled: order book, background agents, and the director who plays scenarios into it."""
