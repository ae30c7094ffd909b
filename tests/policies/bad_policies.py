"""Policies that must be refused: slips of the pen, nonsense, and what is meant to hurt.

Each is made from the sample of the made-up company. `HERE` marks the line that the refusal names.
"""

from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "app" / "samples"
TEXT = (SAMPLES / "company.policy.toml").read_text(encoding="utf-8")
HERE = "# HERE"
SAID = 'owner = "o"\nreason = "r"\nsince = 2026-01-05\n'


@dataclass(frozen=True)
class Bad:
    """The file's bytes, the line that is named, and a part of the sentence."""

    name: str
    file: bytes
    line: int
    said: str


def whole(name: str, text: str, said: str) -> Bad:
    (line,) = [place for place, one in enumerate(text.split("\n"), 1) if HERE in one]
    return Bad(name, text.encode(), line, said)


def changed(name: str, written: str, instead: str, said: str) -> Bad:
    """The sample with one part replaced."""
    assert written in TEXT, written
    return whole(name, TEXT.replace(written, instead, 1), said)


def added(name: str, bad: str, said: str) -> Bad:
    """The sample with tables at its end."""
    return whole(name, f"{TEXT}\n{bad}", said)


def where(name: str, condition: str, said: str) -> Bad:
    """The sample with a segment of that condition, which is written between ''' and '''."""
    attribute = '[[attributes]]\nname = "age"\nkind = "number"\n'
    segment = f"[[segments]]\n{SAID}name = \"s\"\nwhere = '''{condition}''' {HERE}\n"
    return added(name, f"{attribute}\n{segment}", said)


def at_once(name: str, file: bytes, line: int, said: str) -> Bad:
    """A file of its own, or one whose mark would be a part of what is wrong."""
    return Bad(name, file, line, said)


CAP = '[[caps]]\nname = "email_week"\nper = "contact"\n'
KEPT = f'[[segments]]\n{SAID}name = "s"\nwhere = "is_customer"\n'
HOLD = f"[[segment_holds]]\n{SAID}"
EXPOSURE = f'[[exposures]]\n{SAID}name = "e"\n'
HERE_EXPOSURE = EXPOSURE.replace("]]", f"]] {HERE}")
DEEP = "[" * 5000 + "]" * 5000
LATE = len(TEXT.split("\n")) + 1
"""The first line after the sample's."""

SLIPS = (
    changed("a table misspelt", "[holdout]", f"[holdouts] {HERE}", "`holdouts` is not a known"),
    changed("a key is missing", CAP, f'[[caps]] {HERE}\nname = "email_week"\n', "caps.0.per"),
    changed("an unknown key", "at_most = 3", f"at_most = 3\ncolour = 1 {HERE}", "caps.0.colour"),
    changed("a key twice", "at_most = 3", f"at_most = 3\nat_most = 4 {HERE}", "not valid TOML"),
    changed("a table twice", "[capacity]", f"[run] {HERE}", "not valid TOML"),
    changed("text for a number", "at_most = 3", f'at_most = "3" {HERE}', "a valid integer"),
    changed("a number for text", 'name = "company"', f"name = 3 {HERE}", "a valid string"),
    changed("a fraction", "at_most = 3", f"at_most = 3.5 {HERE}", "a valid integer"),
    changed("yes for a number", "at_most = 3", f"at_most = true {HERE}", "a valid integer"),
    changed("a negative cap", "at_most = 3", f"at_most = -1 {HERE}", "or equal to 0, found -1"),
    changed("a negative budget", "at_most = 400000", f"at_most = -5 {HERE}", "equal to 0"),
    changed("a window of nothing", "window_hours = 168", f"window_hours = 0 {HERE}", "equal to 1"),
    changed("a negative window", "window_days = 7", f"window_days = -7 {HERE}", "equal to 1"),
    changed("a share above one", "share = 0.03", f"share = 1.5 {HERE}", "less than or equal to 1"),
    changed("a negative share", "share = 0.03", f"share = -0.1 {HERE}", "equal to 0"),
    changed("an unknown channel", 'channel = "call"', f'channel = "fax" {HERE}', "'fax'"),
    changed("a channel in capitals", 'channel = "call"', f'channel = "CALL" {HERE}', "'CALL'"),
    changed("per household", 'per = "contact"', f'per = "household" {HERE}', "caps.0.per"),
    changed("an hour in quotes", "start = 21:00:00", f'start = "21:00" {HERE}', "start"),
    changed("hour twenty-five", "start = 21:00:00", f"start = 25:00:00 {HERE}", "not valid TOML"),
    changed("February 30th", "since = 2025-05-25", f"since = 2025-02-30 {HERE}", "not valid TOML"),
    changed("a date in quotes", "since = 2025-05-25", f'since = "2025-05-25" {HERE}', "valid date"),
    changed("no owner", 'owner = "privacy officer"', f'owner = "" {HERE}', "consent.owner"),
    changed("a table left open", "[deal_hold]", f"[deal_hold {HERE}", "not valid TOML"),
    changed("text left open", 'name = "company"', f'name = "company {HERE}', "not valid TOML"),
    changed("a colon for =", "version = 1", f"version: 1 {HERE}", "not valid TOML"),
    at_once("an empty file", b"", 1, "is missing"),
)

SENSELESS = (
    changed(
        "a cap that rolls and does not",
        "window_hours = 168",
        f'window_hours = 168 {HERE}\ncalendar = "week"',
        "says both `window_hours` and `calendar`; say one",
    ),
    added(
        "a cap without a window",
        f'[[caps]] {HERE}\nname = "x"\nper = "contact"\nchannels = ["email"]\nat_most = 1\n'
        f"exempt_classes = []\n{SAID}",
        "says neither `window_hours` nor `calendar`; say one",
    ),
    added(
        "two caps of one name",
        '[[caps]]\nper = "contact"\nchannels = ["email"]\nat_most = 1\nwindow_hours = 1\n'
        f'exempt_classes = []\n{SAID}name = "email_week" {HERE}\n',
        "names email_week 2 times",
    ),
    changed(
        "a cap of no channel",
        f'{CAP}channels = ["email"]',
        f"{CAP}channels = [] {HERE}",
        "limits nothing",
    ),
    changed(
        "a channel that nothing caps",
        '["email", "call", "ads"]\nexempt',
        f'["email", "sms"] {HERE}\nexempt',
        "no cap per contact covers sms",
    ),
    changed("quiet for no time", "end = 08:00:00", f"end = 21:00:00 {HERE}", "as they start"),
    changed("spaced from itself", 'other = "email"', f'other = "call" {HERE}', "on both sides"),
    changed("fatigue that rises", "[1.0, 0.7]", f"[0.7, 1.0] {HERE}", "must begin with 1.0"),
    changed("a touch without worth", "[1.0, 0.7]", f"[1.0] {HERE}", "1 factors for 2 touches"),
    changed(
        "reassigned to nobody",
        "expires_hours = 24",
        f'expires_hours = 24\non_timeout = "reassign" {HERE}',
        "say to whom",
    ),
    changed(
        "reviewed before it was set",
        "since = 2025-05-25",
        f"since = 2025-05-25\nreviewed = 2024-01-01 {HERE}",
        "before `since`",
    ),
    added(
        "an autonomy that never counts",
        f'[[autonomy]]\nagent = "ads"\nlevel = "watch"\n{SAID}'
        f'[[autonomy]]\nagent = "ads"\nchannels = ["ads"] {HERE}\nlevel = "ask"\n{SAID}',
        "for all channels it says watch, and the strictest counts",
    ),
    changed("an agent twice", '"ads", "sales"]', f'"ads", "ads"] {HERE}', "names ads 2 times"),
    added("a segment of nobody's", f'{HOLD}segment = "x" {HERE}\nchannels = ["email"]', "declared"),
    added("a hold of no channel", f'{KEPT}\n{HOLD}segment = "s"\nchannels = [] {HERE}', "nobody"),
    added("a segment without a name", KEPT.replace('"s"', f"3 {HERE}"), "a valid string"),
    added("an exposure of nothing", f"{HERE_EXPOSURE}at_most = 1", "counts nothing"),
    added("an exposure that asks for nothing", f'{HERE_EXPOSURE}theme = "x"', "asks for nothing"),
    added(
        "an exposure of nobody's segment",
        f'{EXPOSURE}at_most = 1\nsegment = "x" {HERE}',
        "the segment x, which is not declared",
    ),
    added("a minimum without a ceiling", f'{HERE_EXPOSURE}theme = "x"\nat_least = 1', "`ceiling`"),
    added(
        "a maximum with a ceiling",
        f'{EXPOSURE}theme = "x"\nat_most = 1\nceiling = 2.0 {HERE}',
        "no minimum",
    ),
    added(
        "a maximum below its minimum",
        f'{EXPOSURE}theme = "x"\nat_least = 2\nceiling = 2.0\nat_most = 1 {HERE}',
        "at least 2 and at most 1",
    ),
    added("a segment twice", KEPT + KEPT.replace('"s"', f'"s" {HERE}'), "names s 2 times"),
)

NUMBERS = (
    changed("NaN", "share = 0.03", f"share = nan {HERE}", "a finite number"),
    changed("infinity", "temperature = 60.0", f"temperature = inf {HERE}", "a finite number"),
    changed("minus infinity", "ceiling = 150.0", f"ceiling = -inf {HERE}", "finite number"),
    changed("NaN for a cap", "at_most = 3", f"at_most = nan {HERE}", "caps.0.at_most"),
    changed(
        "more than a column holds", "at_most = 3", f"at_most = {2**63 - 1} {HERE}", "less than"
    ),
    changed("wraps a 64-bit number", "at_most = 3", f"at_most = {2**64 + 3} {HERE}", "at_most"),
    changed("ten thousand digits", "at_most = 3", f"at_most = {'9' * 10_000} {HERE}", "digits"),
    changed("a window of ages", "window_hours = 168", f"window_hours = 10_000_000 {HERE}", "less"),
    changed("a number beyond all", "share = 0.03", f"share = 1e999 {HERE}", "a finite number"),
)

SQL = (
    where("an unknown column", "income > 3", "no column `income`"),
    where("a column misspelt", "is_custommer", "did you mean `is_customer`"),
    where("an address", "email like '%@example.com'", "no column `email`"),
    where("a subquery", "account_id in (select account_id from contacts)", "not allowed"),
    where("a second statement", "is_customer; drop table contacts", "can't be read"),
    where("a union", "is_customer union select 1", "no condition"),
    where("a file", "is_customer and read_text('/etc/passwd') is not null", "not allowed"),
    where("an unknown function", "sleep(10) = 0", "not allowed"),
    where("a cast", "cast(touches_28d as varchar) = 'x'", "not allowed"),
    where("a window", "row_number() over () = 1", "not allowed"),
    where("always true", "1 = 1", "names no column"),
    where("empty said nowhere", "attr_age < 18", "may be empty"),
    where("no condition", "touches_28d + 1", "expected true or false"),
    where("an empty condition", "  ", "it is empty"),
    where("a condition too deep", "(" * 900 + "is_customer" + ")" * 900, "no condition"),
    where("a condition too long", "is_customer or " * 500 + "is_customer", "characters"),
    where("many parts", " or ".join(["is_customer"] * 130), "more than 200 parts"),
    where("text against a number", "touches_28d like 'x'", "does not fit"),
)

HURTS = (
    at_once(
        "a YAML bomb",
        b'a: &a ["lol","lol"]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\n',
        1,
        "not valid TOML",
    ),
    at_once("YAML that runs code", b"!!python/object/apply:os.system ['true']\n", 1, "not valid"),
    changed("arrays five thousand deep", "[1.0, 0.7]", f"{DEEP} {HERE}", "deep inside one another"),
    changed("arrays thirty deep", "[1.0, 0.7]", f"{'[' * 30}{']' * 30} {HERE}", "deep inside"),
    added("a key of a thousand parts", f"{'a.' * 1000}b = 1 {HERE}", "deep inside one another"),
    at_once("not UTF-8", b'name = "ok"\nversion = 1 # caf\xe9\n', 2, "not text in UTF-8"),
    at_once("UTF-16", 'name = "company"'.encode("utf-16"), 1, "not text in UTF-8"),
    at_once("a NUL byte", b'name = "a\x00b"\n', 1, "not valid TOML"),
    at_once("a file of a megabyte", TEXT.encode() + b"# " + b"x" * 10**6, 1, "are allowed"),
    changed("words that clear a screen", 'name = "company"', f'name = "\\u001b[2J" {HERE}', "name"),
    changed("a name with a path", '"email_week"', f'"../../etc" {HERE}', "caps.0.name"),
    changed("a name that is SQL", '"email_week"', f'"a; drop table x" {HERE}', "caps.0.name"),
    changed("a value of a novel", '"email_week"', f'"{"a" * 5000}" {HERE}', "caps.0.name"),
    at_once("a byte order mark twice", b"\xef\xbb\xbf\xef\xbb\xbf" + TEXT.encode(), 1, "not valid"),
)

BAD = (*SLIPS, *SENSELESS, *NUMBERS, *SQL, *HURTS)
