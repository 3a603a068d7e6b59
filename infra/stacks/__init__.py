"""Stacks by life cycle. A stack only composes constructs."""
