"""Trained models that ship with the library; `surveillance train` writes them."""

from pathlib import Path
from typing import Final

ISOLATION_FOREST: Final = Path(__file__).parent / "isolation_forest.json"
