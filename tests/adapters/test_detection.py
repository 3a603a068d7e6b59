"""What the detecting process reads beside its events."""

import pytest
from surveillance.adapters.detection import Format, format_of
from surveillance.errors import InputError
from surveillance.reference import Instrument


def test_a_format_file_tells_of_unknown_symbols_and_shown_levels() -> None:
    content = b'{"unknown": {"symbol": "", "calendar": "XNYS"}, "shown_levels": 1}'
    assert format_of(content) == Format(Instrument(symbol="", calendar="XNYS"), 1)


@pytest.mark.parametrize("content", [b"{", b'{"levels": 1}', b'{"shown_levels": "one"}'])
def test_a_format_file_of_another_shape_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(InputError, match=r"format\.json"):
        format_of(content)
