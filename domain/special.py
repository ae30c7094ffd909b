"""Special categories of personal data: attributes by which nobody is chosen or judged."""

import re
from collections.abc import Mapping
from typing import Final, Literal

Personal = Literal["special", "ordinary"]

WORDS: Final[dict[str, str]] = {
    "health": r"health|medical|medication|diagnos[ie]s|disease|illness|disability|disabled"
    r"|handicap|patient|pregnant|pregnancy|hiv",
    "religion or belief": r"religion|religious|faith|church|creed|belief|beliefs|denomination",
    "political opinion": r"politics|political|voter|voting",
    "sex life or orientation": r"orientation|sexual|sexuality|sex life|gay|lesbian|lgbt|lgbtq",
    "ethnic origin": r"ethnic|ethnicity|race|racial|skin colou?r",
    "trade union membership": r"(trade|labou?r) ?union|union (member|membership)|^union$",
    "genetic data": r"genetic|genetics|genome|dna",
    "biometric data": r"biometric|biometrics|face ?id|fingerprint|voiceprint|iris scan",
}
"""What an attribute is called that holds one: whole words of its name (GDPR 9)."""
_PATTERNS: Final = {what: re.compile(rf"\b({words})\b") for what, words in WORDS.items()}
_BREAKS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def category_of(name: str, declared: Mapping[str, Personal | None]) -> str | None:
    """The special category that the attribute holds; None: none.

    name: without `attr_`. declared: what the policy says of attributes; it alone knows that
    `health_score` is of an account's usage, or that `segment_7` is of a diagnosis.
    """
    said = declared.get(name)
    if said == "ordinary":
        return None
    plain = _BREAKS.sub(" ", name).strip().lower()
    named = (what for what, pattern in _PATTERNS.items() if pattern.search(plain))
    return next(named, "a category declared special" if said == "special" else None)
