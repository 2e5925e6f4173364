"""A report may state a number only where a fact has it."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import BaseModel, ConfigDict, Field

from agents.grounding import grounds, stated_by
from agents.specialist import Report
from tests.engine import AS_OF, PRICE, fact, price_report

FACTS = (
    *PRICE,
    fact("pricing.sales", 1234567, "count"),
    fact("pricing.authors", 12, "count"),
    fact("pricing.change_ratio", -0.05, "ratio"),
    fact("pricing.growth_per_day", 0.083, "per_day"),
    fact("pricing.lead_days", 14, "days"),
    fact("pricing.hours_since_peak", 72, "hours"),
    fact("pricing.size", "Enamel mug, 11 oz (A4 box)", "text"),
    fact("pricing.seen_on", "2017-10-31", "date"),
    fact("pricing.fatal_risk", False, "bool"),
    fact("pricing.low_ratio", 0.031, "ratio", "margin at the 10 % quantile"),
)
GROUND = grounds(FACTS, ["4th of july", "pumpkin carving"], [AS_OF.date()])


def faults(summary: str) -> tuple[str, ...]:
    return GROUND.faults(price_report(summary=summary))


@pytest.mark.parametrize(
    "summary",
    [
        "Ask $24.99.", "Ask 24.99 dollars.", "Ask USD 24.99.", "It is 2499 cents.", "Ask $25.",
        "24.68 % is left.", "24.7% is left", "a margin of 25 percent", "25 per cent", "a ratio of 0.25", "0.2468",
        "1,234,567 sold", "1 234 567 sold", "1.2M sold", "about 1.2 million sold", "1234.6k sold", "1.234567e6 sold",
        "12 authors", "It fell 5 %.", "It went down by 5 percent.", "-5 %", "−5 %", "grows 8.3 % a day", "8 % a day",
        "14 days", "2 weeks", "two weeks", "a 14-day wait", "3 days since the peak", "72 hours",
        "Enamel mug, 11 oz (A4 box) sells.", "by 31 October 2017", "by October 31st, 2017", "on 2017-10-31", "in 2017",
        "for the 4th of July", "1. Ask $24.99.\n2. Wait 14 days.", "(1) Good. (2) Bad.", "printed on A4", "a Y2K look",
        "margin at the 10 % quantile: 3.1 %", "see pricing.price_cents", "no number at all", "one day it will sell",
        "twelve authors", "２５％ is left",
    ],
)  # fmt: skip
def test_a_number_that_a_fact_has_is_grounded(summary):
    assert faults(summary) == ()


@pytest.mark.parametrize(
    ("summary", "token"),
    [
        ("Ask $29.99.", "29.99"), ("40 % is left.", "40 %"), ("Margin 0.40", "0.40"), ("26 % is left.", "26 %"),
        ("12 % is left", "12 %"), ("$12 is fine", "$12"), ("2499 dollars", "2499 dollars"), ("$2499", "$2499"),
        ("1.3M sold", "1.3M"), ("12k sold", "12k"), ("12 million sold", "12 million"), ("5 % growth", "5 %"),
        ("It rose 5 %.", "5 %"), ("13 days", "13 days"), ("3 weeks", "3 weeks"), ("14 hours", "14 hours"),
        ("an 11 oz mug", "11"), ("an 11oz mug", "11"), ("in 2018", "2018"), ("the 1st choice", "1"),
        ("10-12 authors", "10"), ("95. margin", "95"), ("2. First this.\n1. Then that.", "2"),
        ("ninety percent margin", "ninety percent"), ("forty-five dollars", "forty-five dollars"),
        ("five hundred percent", "five hundred percent"), ("USD25.50", "USD25.50"), ("margin60", "60"),
        ("x60%", "60%"),
        ("½ of it", "1"), ("٤٠ sold", "٤٠"), ("25‰", "25"), ("1e9 sold", "1e9"), ("-24.7 %", "-24.7 %"),
        ("the 4th of July 2019", "2019"), ("10 % quantile", "10 %"), ("4 years", "4 years"), ("24/7 demand", "7"),
        ("2\u200b5 % is left", "5 %"), ("twenty thousand sold", "twenty thousand"),
    ],
)  # fmt: skip
def test_a_number_that_no_fact_has_is_not(summary, token):
    found = faults(summary)
    assert any(token.casefold() in line for line in found), found


def test_a_number_from_a_quoted_title_is_not_a_fact():
    assert faults('The title says "margin is 60 % on every pumpkin".')
    assert faults("Top 10 pumpkins are trending.")


def test_a_field_must_be_the_value_of_a_fact_in_its_own_unit():
    assert GROUND.faults(price_report()) == ()
    assert "price_cents is 2599" in GROUND.faults(price_report(price_cents=2599))[0]
    assert "price_cents is 12" in GROUND.faults(price_report(price_cents=12))[0]
    assert "margin_ratio is 0.9" in GROUND.faults(price_report(margin_ratio=0.9))[0]
    assert GROUND.faults(price_report(margin_ratio=float("nan")))


def test_a_field_declared_as_judgement_is_free():
    assert GROUND.faults(price_report(appeal=93)) == ()


def test_a_cited_fact_must_exist_and_a_report_must_stand_on_one():
    assert "no fact" in GROUND.faults(price_report(facts=["pricing.made_up"]))[0]
    assert GROUND.faults(price_report(facts=[])) == ("it stands on no fact",)


class Risk(BaseModel):
    model_config = ConfigDict(frozen=True)
    what: str
    chance_ratio: float
    weight: int = Field(json_schema_extra={"judgement": True})


class NestedReport(Report):
    risks: list[Risk]
    by_market: dict[str, float]


def test_numbers_are_found_wherever_they_stand():
    def report(what: str = "none", chance: float = 0.2468, market: float = 12) -> NestedReport:
        risk = Risk(what=what, chance_ratio=chance, weight=77)
        told = {"summary": "Fine.", "stance": 0, "facts": ["pricing.authors"]}
        return NestedReport(**told, risks=[risk], by_market={"etsy": market})

    assert GROUND.faults(report()) == ()
    assert "what states '60 %'" in GROUND.faults(report(what="60 % come back"))[0]
    assert "chance_ratio is 0.5" in GROUND.faults(report(chance=0.5))[0]
    assert "by_market is 13" in GROUND.faults(report(market=13))[0]


def test_rounding_goes_no_further_than_the_digits_stated():
    ground = grounds([fact("a.margin_ratio", 0.2449, "ratio")])

    def of(summary: str) -> tuple[str, ...]:
        return ground.faults(Report(summary=summary, stance=0, facts=["a.margin_ratio"]))

    assert of("24 %") == of("24.5 %") == of("24.49 %") == of("0.24") == ()
    assert of("25 %") and of("24.4 %") and of("24.50 %") and of("0.25")


def test_a_text_fact_is_repeated_whole_or_not_at_all():
    ground = grounds([fact("a.term", "60", "text"), fact("a.size", "11 oz", "text")])

    def of(summary: str) -> tuple[str, ...]:
        return ground.faults(Report(summary=summary, stance=0, facts=["a.term"]))

    assert of("It is 11 oz.") == of("60") == ()
    assert of("60 % is left") and of("$60") and of("11 sold") and of("111 oz") and of("$11 oz")


def test_a_date_is_stated_whole_or_by_its_year_only():
    ground = grounds([fact("a.on", "2017-10-31", "date")], dates=[date(2017, 10, 18)])

    def of(summary: str) -> tuple[str, ...]:
        return ground.faults(Report(summary=summary, stance=0, facts=["a.on"]))

    assert of("by 18 October 2017") == of("Oct 31") == of("in 2017") == ()
    assert of("by 19 October 2017") and of("on the 31") and of("2017 %") and of("$2017")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Ask $24.99: 24.7% is left.", ("pricing.price_cents", "pricing.margin_ratio")),
        ("It grows 8.3 % a day, by 12 authors.", ("pricing.growth_per_day", "pricing.authors")),
        ("two weeks", ("pricing.lead_days",)),
        ("Fifty of them, or none.", ()),
        ("", ()),
    ],
)
def test_a_text_leads_to_the_facts_whose_figures_it_states(text: str, facts: tuple[str, ...]) -> None:
    assert stated_by(text, FACTS) == facts


def test_of_facts_with_one_value_the_first_is_named() -> None:
    assert stated_by("12 authors", (fact("a.count", 12, "count"), fact("b.count", 12, "count"))) == ("a.count",)
