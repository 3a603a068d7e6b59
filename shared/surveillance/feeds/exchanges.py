"""Exchange codes of US equities to MICs (ISO 10383): the SIP participant letters, and Polygon's numeric ids.

Source: Polygon's reference of exchanges (v3/reference/exchanges), which lists both; letters T and V from the UTP and
CTA participant lists.
"""

from collections.abc import Mapping
from typing import Final

MIC_OF_PARTICIPANT: Final[Mapping[str, str]] = {
    "A": "XASE",
    "B": "XBOS",
    "C": "XCIS",
    "D": "FINR",
    "H": "EPRL",
    "I": "XISE",
    "J": "EDGA",
    "K": "EDGX",
    "L": "LTSE",
    "M": "XCHI",
    "N": "XNYS",
    "P": "ARCX",
    "Q": "XNAS",
    "T": "XNAS",
    "U": "MEMX",
    "V": "IEXG",
    "W": "CBSX",
    "X": "XPHL",
    "Y": "BATY",
    "Z": "BATS",
}
FINRA: Final = "FINR"
MIC_OF_POLYGON_ID: Final[Mapping[int, str]] = {
    1: "XASE",
    2: "XBOS",
    3: "XCIS",
    4: FINRA,
    6: "XISE",
    7: "EDGA",
    8: "EDGX",
    9: "XCHI",
    10: "XNYS",
    11: "ARCX",
    12: "XNAS",
    14: "LTSE",
    15: "IEXG",
    16: "CBSX",
    17: "XPHL",
    18: "BATY",
    19: "BATS",
    20: "EPRL",
    21: "MEMX",
}
MIC_OF_POLYGON_FACILITY: Final[Mapping[int, str]] = {201: "FINY", 202: "FINN", 203: "FINC"}
"""Trade reporting facilities, where the exchange id is FINRA's."""
