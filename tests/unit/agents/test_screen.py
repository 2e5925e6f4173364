"""What of an answer may be kept: no key, no contact detail of a page, and every other word as it was."""

from __future__ import annotations

import json

import pytest

from agents.brief import Citation
from agents.model import Answer, ScriptedModel
from agents.screen import screened, without_credentials
from agents.specialist import Outcome
from store.calls import MemoryCalls
from tests.engine import PRICING, brief, panel_of, price_report
from trends.normalize import REDACTED

KEY = "gsk_a1B2c3D4e5F6g7H8"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-4f1dQ8zT2mXv9LkR",
        "pplx-0123456789abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA-1234567890abcdefghijk",
        "eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl",
        "postgresql://mara:hunter2@",
        "-----BEGIN PRIVATE KEY-----MIIB-----END PRIVATE KEY-----",
        "Bearer abcdefgh12345678",
        "API key: hunter2hunter2",
        "the1Long2Opaque3Token4Of5Somebody",
    ],
)
def test_what_is_written_as_a_credential_is_taken_out(secret):
    assert without_credentials(f"it says {secret} there") == f"it says {REDACTED} there"


@pytest.mark.parametrize(
    "text",
    [
        "The secret is craftsmanship, the key: simplicity.",
        "Ask $24.99 (pricing.price_cents): 24.7% is left.",
        "web_search.page_01 and competition.strong_share",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "https://news.example.org/2017/10/a-copper-heron",
        "sk-ill and hf-hub, a task-oriented desk",
    ],
)
def test_ordinary_words_figures_and_ids_stay(text):
    assert without_credentials(text) == text


def test_pages_are_cleaned_and_lose_contact_details():
    page = Citation("https://a.example", "Owls &amp; moths", None, "write to ann@example.com\x07 now")
    told = screened(Answer("fine", "m", "p", 1, 1, 0, (page,)))
    assert told.citations == (Citation("https://a.example", "Owls & moths", None, f"write to {REDACTED} now"),)


async def test_an_answer_that_holds_a_key_is_kept_and_filed_without_it():
    calls, model = MemoryCalls(), ScriptedModel()
    model.will_answer(json.dumps(price_report(summary=f"Our key is {KEY}.").model_dump()))
    found = await panel_of(model, calls=calls).ask(PRICING, brief())
    assert found.outcome is Outcome.OPINION
    assert found.report is not None
    assert found.report["summary"] == f"Our key is {REDACTED}."
    assert KEY not in "".join(row.answer for row in calls.rows.values())
