"""Anomaly models as plain arrays: what rules score in kernels, and tests compare with the libraries they come from."""
