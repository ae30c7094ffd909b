"""How countries write telephone numbers: their calling code, what is dialled before a number at
home, and how many digits a number there has. Sources: ITU-T E.164 and its national annexes.

Only countries whose rule is simple are here. A number of any other is read where it says its
calling code itself, and joins nobody where it does not.
"""

from dataclasses import dataclass
from typing import Final

CODE: Final = (
    r"^(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|2[1-689]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[0578]\d|9[679]\d)"
)
"""Calling codes at the head of an international number: none is the beginning of another."""


@dataclass(frozen=True)
class Dialling:
    """How a country's numbers are written at home. code: its calling code. trunk: dialled before a
    number within it, no part of it. least, most: digits of a number without trunk and code."""

    code: str
    trunk: str
    least: int
    most: int


def _all(countries: str, trunk: str, least: int, most: int) -> dict[str, Dialling]:
    pairs = (one.split(":") for one in countries.split())
    return {country: Dialling(code, trunk, least, most) for country, code in pairs}


DIALLING: Final[dict[str, Dialling]] = {
    **_all("US:1 CA:1 PR:1 DO:1 JM:1 TT:1 BS:1 BB:1", "1", 10, 10),
    **_all("DE:49 AT:43", "0", 5, 12),
    **_all("GB:44 IE:353 NL:31 BE:32 CH:41 FR:33 SE:46 FI:358", "0", 7, 10),
    **_all("TR:90 AU:61 NZ:64 JP:81 KR:82 IN:91 ZA:27 IL:972 EG:20", "0", 8, 10),
    **_all("ID:62 MY:60 TH:66 PH:63 VN:84 TW:886 PK:92 LK:94", "0", 8, 11),
    **_all("RO:40 BG:359 HR:385 SI:386 SK:421 RS:381 UA:380", "0", 7, 10),
    **_all("NG:234 KE:254 GH:233 MA:212 DZ:213 SA:966 AE:971 JO:962", "0", 8, 10),
    **_all("HU:36", "06", 8, 9),
    **_all("RU:7 KZ:7", "8", 10, 10),
    **_all("ES:34 PT:351 CZ:420 PL:48 CL:56", "", 9, 9),
    **_all("DK:45 NO:47 SG:65 HK:852 CY:357 MT:356 LV:371 CR:506", "", 8, 8),
    **_all("TN:216 QA:974 KW:965 OM:968 BH:973", "", 8, 8),
    **_all("GR:30 MX:52 CO:57", "", 10, 10),
    **_all("IT:39", "", 8, 11),
}
DROPS_ZERO: Final = tuple(sorted({one.code for one in DIALLING.values() if one.trunk == "0"}))
"""Codes behind which a zero was dialled at home: +49 (0)30 is +49 30. In Italy it is part of it."""
