"""Roster: the eleven specialists, in the order in which they are read."""

from __future__ import annotations

from agents.competition import COMPETITION
from agents.data_science import DATA_SCIENCE
from agents.pricing import PRICING
from agents.psychology import PSYCHOLOGY
from agents.quality import QUALITY
from agents.research import RESEARCH
from agents.scanner import SCANNER
from agents.specialist import Specialist
from agents.supply_chain import SUPPLY_CHAIN
from agents.trend import TREND
from agents.viral import VIRAL
from agents.web_search import WEB_SEARCH

SPECIALISTS: tuple[Specialist, ...] = (
    SCANNER,
    TREND,
    RESEARCH,
    QUALITY,
    PRICING,
    VIRAL,
    COMPETITION,
    SUPPLY_CHAIN,
    PSYCHOLOGY,
    DATA_SCIENCE,
    WEB_SEARCH,
)
