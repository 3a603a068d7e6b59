"""How good a headline is for the company it is about, in [-1, 1], by a word list: for news whose source doesn't say.

Three kinds of word: verdicts, good or bad in themselves (`beats`, `fraud`); moves, up or down (`rises`, `cuts`); and
burdens, whose rise is bad (`loss`, `debt`). A move counts as good upwards, the other way round where a burden stands
beside it: `profit falls` is bad, `loss narrows` good. A negation turns what follows it. The sum is bent into [-1, 1].
How far it agrees with people: docs/collectors.md.
"""

import re
from collections.abc import Mapping
from math import tanh
from typing import Final

WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?(?:-[a-z]+)*|\d+(?:\.\d+)?%?|[+&$£€]")
REACH: Final = 4
"""Words between a burden and the move it turns, or a negation and what it turns."""
STEEPNESS: Final = 0.5


def _weights(lists: Mapping[float, str]) -> dict[str, float]:
    return {word: weight for weight, words in lists.items() for word in words.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERDICTS: Final = _weights(
    {
        1.5: "surge surges surged surging soar soars soared soaring jump jumps jumped jumping rally rallies rallied "
        "rallying skyrocket skyrockets skyrocketed leap leaps leaped leapt outperform outperforms upgrade upgrades "
        "upgraded bullish windfall boom booming bumper stellar",
        1.0: "beat beats beating strong stronger strongest robust growth grow grows grew growing success successful "
        "boost boosts boosted boosting upbeat optimistic positive recover recovers recovered recovery rebound rebounds "
        "rebounded improve improves improved improvement improving breakthrough exceed exceeds exceeded top tops "
        "topped outpace outpaces buyback lucrative favourable favorable healthy thrive thrives solid impress impresses "
        "impressed shine shines win wins won winning gain gains gained gaining cheer cheers cheered upside bright "
        "brighter best flying fly flies",
        0.6: "contract contracts order orders approve approves approved approval partnership invest invests investment "
        "launch launches launched expand expands expansion award awarded secure secures secured sign signs signed hire "
        "hires new confident confidence benefit benefits advance advances advanced support supports agree agrees "
        "agreed attract attracts good great better record opportunity complete completes completed deliver delivers "
        "back backs backed clear clears cleared resume resumes momentum milestone profitable help helps helped "
        "acquire acquires profit profits dividend dividends buy",
        0.3: "deal deals agreement acquisition buys offer offers bid merger open opens lead leads long-term",
        -0.3: "sell sells selling cautious caution could may slow quit quits leave leaves departure pressed must "
        "compliance talks replace replaces",
        -0.6: "concern concerns worry worries uncertainty uncertain slows slowing slowdown slower pressure pressures "
        "delay delays delayed question questions resign resigns resignation exit exits strike dispute disputes "
        "volatile halt halts halted stall stalls drag drags dragged limit limits tough hard difficult challenge "
        "challenges challenging suspend suspends suspended block blocks blocked risk risks threat threatens bad worse "
        "refuse refuses reject rejects rejected struggle struggles struggling skepticism scepticism pain gloom cloud "
        "weigh weighs weighed offset job jobs flat pay repay settle settles settlement urges warm unlikely withdraw "
        "withdraws withdrew withdrawal freeze freezes oust ousts ousted sacked deteriorate deteriorates debt-laden",
        -1.0: "miss misses missed weak weaker weakness weakest warn warns warned warning lawsuit sue sues sued probe "
        "probes investigation investigate investigates investigated fine fined fines penalty recall recalls recalled "
        "layoff layoffs disappoint disappoints disappointing disappointment disappointed fear fears bearish downgrade "
        "downgrades downgraded underperform underperforms underperformance allegation allegations accused accuses "
        "charge charged charges hit hits hurt hurts loses lose lost losing fail fails failed failure shut shuts "
        "closure closures trouble troubled woes negative blow breach hack hacked attack cyber exposed shortfall "
        "writedown write-down impairment slash slashes slashed axe axes axed scrap scraps scrapped dent dents dented "
        "crisis downturn recession damages damage knock knocks knocked lag lags lagging rout subpoena subpoenas court "
        "illegal mis-selling misconduct wipes wiped overshadow overshadows cancels cancelled flops flop invalidated",
        -1.5: "plunge plunges plunged plunging plummet plummets plummeted tumble tumbles tumbled tumbling crash "
        "crashes crashed collapse collapses collapsed slump slumps slumped slumping sink sinks sank fraud bankrupt "
        "bankruptcy insolvency worst slide slides slid sliding scandal guilty jail jailed sentenced rigging bribery "
        "corruption sell-off selloff",
    }
)
TOPICS: Final = _words("profit profits gain gains dividend dividends growth order orders")
"""Good things that say nothing of themselves where a move stands beside them."""
MOVES: Final = _weights(
    {
        1.0: "rise rises rose rising up climb climbs climbed climbing increase increases increased increasing higher "
        "high raise raises raised raising lift lifts lifted double doubles doubled triple triples accelerate "
        "accelerates add adds added more swell swells widen widens widened extend extends extended hike hikes hiked "
        "edge-up ahead above",
        -1.0: "fall falls fell falling drop drops dropped dropping decline declines declined declining down lower "
        "lowers lowered cut cuts cutting decrease decreases decreased decreasing shrink shrinks shrank shrinking dip "
        "dips dipped reduce reduces reduced narrow narrows narrowed trim trims trimmed halve halves halved ease eases "
        "eased less low below behind",
    }
)
BURDENS: Final = _words(
    "loss losses debt debts cost costs claim claims deficit charge charges expense expenses impairment impairments "
    "writedown writedowns spending tax taxes unemployment jobless complaint complaints delay delays fine fines "
    "shortfall default defaults inflation liability liabilities provision provisions risk risks outflow outflows "
    "fears concern concerns worries"
)
BURDEN: Final = -0.6
NEGATIONS: Final = _words("not no never without won't doesn't don't didn't isn't hasn't can't cannot nor")
TURNED_AGAIN: Final = frozenset({"but", "as", "after", "while", ";"})
"""Words at which what stands before no longer turns what follows."""


def score(headline: str) -> float:
    """Give the sentiment of a headline; 0 where no word of it is known. Three decimals."""
    words = WORD.findall(headline.lower())
    total = 0.0
    for place, word in enumerate(words):
        weight = _weight(words, place, word)
        if weight and NEGATIONS & set(words[max(0, place - REACH + 1) : place]):
            weight = -weight
        total += weight
    return round(tanh(STEEPNESS * total), 3) + 0.0


def _weight(words: list[str], place: int, word: str) -> float:
    move = MOVES.get(word)
    if move is None:
        if (word in BURDENS or word in TOPICS) and _moved(words, place):
            return 0.0
        return VERDICTS.get(word, BURDEN if word in BURDENS else 0.0)
    return -move if any(_joined(words, place, other) for other in _near(words, place, BURDENS)) else move


def _moved(words: list[str], place: int) -> bool:
    return any(_joined(words, place, other) for other in _near(words, place, MOVES))


def _near(words: list[str], place: int, kind: Mapping[str, float] | frozenset[str]) -> list[int]:
    first, last = max(0, place - REACH), min(len(words), place + REACH + 1)
    return [other for other in range(first, last) if other != place and words[other] in kind]


def _joined(words: list[str], first: int, second: int) -> bool:
    low, high = sorted((first, second))
    return not TURNED_AGAIN & set(words[low + 1 : high])
