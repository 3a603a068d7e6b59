"""Constructs: one capability a file, with our defaults (encrypted, private, TLS only, retained)."""
