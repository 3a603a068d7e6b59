"""How well alerts answer the labels of a simulated session."""

from surveillance.evaluation.scorecard import Judged, Rule, scorecard

__all__ = ["Judged", "Rule", "scorecard"]
