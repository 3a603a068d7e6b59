"""Compile every kernel into NUMBA_CACHE_DIR by starting an engine; runs while the image is built."""

from surveillance import wire
from surveillance.engine import Engine
from surveillance.parameters import Parameters
from surveillance.reference import Reference

engine = Engine(parameters=Parameters.defaults(), reference=Reference(), lanes=1)
engine.feed(engine.new_state(), wire.Decoder().decode(b""))
