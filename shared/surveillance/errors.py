"""What can go wrong, as one tree; bad market data is not here, it is a value that is counted.

SurveillanceError
├── InputError          a file, parameter or reference table that can't be used; the message is for its owner
│   ├── FormatError     a file that is truncated, of another format, or without one valid event
│   └── ParameterError  an unknown rule or key, or a value outside its bounds
├── StateError          a snapshot that does not fit this engine; rebuild from the lane log
└── LaneConflictError   another process advanced the lane first; read on from its checkpoint
"""


class SurveillanceError(Exception):
    """Any failure this library raises on purpose."""


class InputError(SurveillanceError):
    """Something the caller handed in can't be used."""


class FormatError(InputError):
    """A file is truncated, of another format, or holds no valid event."""


class ParameterError(InputError):
    """A parameter file names what does not exist or a value out of bounds."""


class StateError(SurveillanceError):
    """A snapshot was made by another schema, code version or parameter set."""


class LaneConflictError(SurveillanceError):
    """The lane's checkpoint is not where this process believed it to be."""
