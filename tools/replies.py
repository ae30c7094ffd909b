"""Replies: whether a person's own words end what we may send. Same words, same answer.

Seven words are decisive by law (47 CFR 64.1200(a)(10)); any other wording that may be a refusal has
to count as one where it reasonably is. So what can't be read with certainty is an opt-out here: a
reply is an answer only where it is in words we know and none of them may mean no.
"""

import re
import unicodedata
from difflib import SequenceMatcher
from typing import Final, Literal

Meaning = Literal["opt_out", "unclear", "automatic", "answer"]
"""unclear counts as an opt-out; automatic is a machine's note of absence, and no reply at all."""

DECISIVE: Final = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")
LONGEST: Final = 2_000
"""Characters that are read; a longer reply with nothing decisive in it is unclear."""
KNOWN_SHARE: Final = 1 / 3
"""Share of a reply's words that we have to know, so that it counts as read."""
ALIKE: Final = 0.8
"""Likeness from which a word is a decisive one, misspelt."""


def meaning_of(text: str, automatic: bool = False) -> Meaning:
    """What a reply means. automatic: its provider says that no person wrote it (RFC 3834)."""
    said = _plain(text)
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", said)
    if automatic or ABSENT.match(said):
        return "opt_out" if STRONG.search(said) else "automatic"
    if DECIDED.search(said) or "".join(words) in SPELT:
        return "opt_out"
    read = len(text) <= LONGEST and _is_read(words)
    return "answer" if read and not _may_refuse(words) else "unclear"


def _plain(text: str) -> str:
    """Lower case, without invisible characters, what is quoted, and our own footer."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    shown = "".join(one for one in folded if unicodedata.category(one) != "Cf")
    lines = [line for line in shown.splitlines() if not QUOTED.match(line)]
    return FOOTER.sub(" ", "\n".join(lines)).strip()


def _is_read(words: list[str]) -> bool:
    latin = all(
        unicodedata.name(one, "").startswith("LATIN") for one in "".join(words) if one != "'"
    )
    known = sum(word in KNOWN for word in words)
    return bool(words) and latin and known >= len(words) * KNOWN_SHARE


def _may_refuse(words: list[str]) -> bool:
    """A word that may mean no, or that is a decisive one misspelt."""
    if any(REFUSING.fullmatch(word) for word in words):
        return True
    long = [word for word in words if len(word) >= 5]
    return any(_alike(word, one) for word in long for one in ("unsubscribe", "cancel", "revoke"))


def _alike(word: str, decisive: str) -> bool:
    return SequenceMatcher(None, word, decisive, autojunk=False).ratio() >= ALIKE


SPELT: Final = frozenset(word.replace(" ", "") for word in DECISIVE)
_STRONG: Final = r"stop|quit|revoke|opt[\s-]*out|cancel|unsubscribe"
STRONG: Final = re.compile(rf"\b(?:{_STRONG})\b")
DECIDED: Final = re.compile(rf"\b(?:{_STRONG}|end)\b")
QUOTED: Final = re.compile(
    r"\s*>|\s*(?:on|am|le|el) .{5,200}(?:wrote|schrieb.*|a écrit|escribió)\s*:\s*$"
)
FOOTER: Final = re.compile(r"[^\n]*\bunsubscribe: https?://\S+")
ABSENT: Final = re.compile(
    r"(?:subject:\s*)?(?:re:\s*)?(?:"
    r"(?:i am |i'm )?(?:currently )?(?:out of|away from) (?:the |my )?office|"
    r"auto(?:matic|mated)?[\s-]*(?:reply|response)|abwesenheit|automatische antwort|"
    r"ich bin (?:derzeit |zurzeit |aktuell )?(?:abwesend|nicht im (?:büro|haus))|"
    r"réponse automatique|absence du bureau|respuesta automática|risposta automatica)"
)
REFUSING: Final = re.compile(
    # English
    r"no|nope|nah|not|never|none|nothing|dont|\w+n't|cannot|wont|remove\w*|delet\w*|leave|enough|"
    r"spam\w*|junk|unwanted|unsolicited|harass\w*|block\w*|report\w*|lawyers?|gdpr|off|wrong|who|"
    r"stop\w*|ceas\w*|desist|withdraw\w*|object\w*|complain\w*|erase\w*|forget|why|pause\w*|less|"
    r"uninterested|annoy\w*|go|away|privacy|illegal|sue|hate|bother\w*|without|out|"
    # German
    r"nein|nicht|nichts|nie|kein\w*|abmeld\w*|abbestell\w*|austrag\w*|lösch\w*|widerruf\w*|genug|"
    r"widersp\w*|lass\w*|aufhör\w*|unerwünscht|beschwer\w*|entfern\w*|"
    # French, Spanish, Italian
    r"non|pas|plus|jamais|désabonn\w*|désinscri\w*|arrêt\w*|supprim\w*|assez|baja|borr\w*|basta|"
    r"nunca|nada|elimin\w*|cancel\w*|disiscriv\w*|mai"
)
_WORDS: Final = (
    "yes yeah yep ok okay sure please thanks thank you your i i'm i'd i'll me my we us our it its "
    "this that is are was will would can could have has the a an and or to of for in on at with by "
    "about be do does more tell send call email mail text price prices cost offer info information "
    "interested like love great good fine perfect when what how where which time today tomorrow "
    "monday tuesday wednesday thursday friday week month meeting meet talk demo order buy size "
    "hello hi dear best regards looking forward help need want get see know back later soon next "
    "ja gerne bitte danke ich wir sie ist das die der und wie wann viel mehr termin anrufen "
    "oui merci je nous vous est le la les et quand combien sí gracias yo el los cuando cuánto "
    "sì grazie"
)
KNOWN: Final = frozenset(_WORDS.split())
