"""Screen: what of a model's answer may be kept. Nothing that looks like a key, and pages as clean as any signal.

A provider sees the key of each request, and whatever stands in a prompt may come back in an answer; an answer is kept,
shown to other desks and filed with the decision. So what is written as a credential is taken out at once: the forms of
the providers' own keys, tokens of three parts, addresses with a login, private keys, what is called a key or password,
and any long run of mixed letters and digits. It is the second line: the first is that no prompt holds a secret. What is
spelled backwards or letter by letter passes this line, so the first must hold.

Pages that a search found are text from outside: cleaned, and contact details taken out, before anybody keeps them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from agents.brief import Citation
from agents.model import Answer
from trends.normalize import REDACTED, clean, redact

_CREDENTIAL = re.compile(
    r"\b(?:sk|pk|rk|gsk|pplx|xai|hf|ghp|gho|ghs|glpat|xox[abprs]|whsec|shpat)[-_](?=[\w-]*\d)[\w-]{8,}"
    r"|\bgithub_pat_\w{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[\w-]{20,}|\bya29\.[\w-]{10,}"
    r"|\beyJ[\w-]{6,}\.[\w-]{4,}\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----)?"
    r"|\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'\\]+:[^\s/@\"'\\]+@"
    r"|(?i:\b(?:bearer|authorization:)\s+[\w.~+/-]{12,}=*)"
    r"|(?i:\b(?:api[ _-]?key|password|passwd|secret|access[ _-]?token)\s*(?:is|[:=])\s*)"
    r"(?=[^\s\"'\\,;]*\d)[^\s\"'\\,;]{8,}"
    r"|\b(?=[\w-]{0,80}[a-z])(?=[\w-]{0,80}[A-Z])(?=[\w-]{0,80}\d)[\w-]{24,80}\b",
    re.DOTALL,
)
_SIGN = re.compile(r"[-_.:=]|[A-Za-z]\d|\bis\b")
"""Without one of these there is no credential."""


def screened(answer: Answer) -> Answer:
    """The answer as it may be kept; the same where there is nothing to take out."""
    text = without_credentials(answer.text)
    pages = tuple(_page(page) for page in answer.citations)
    if text == answer.text and pages == answer.citations:
        return answer
    return replace(answer, text=text, citations=pages)


def without_credentials(text: str) -> str:
    """The text without what is written as a key, a token or a password."""
    return _CREDENTIAL.sub(REDACTED, text) if _SIGN.search(text) else text


def _page(page: Citation) -> Citation:
    return replace(page, title=_public(page.title), snippet=_public(page.snippet))


def _public(text: str) -> str:
    return redact(without_credentials(clean(text)))
