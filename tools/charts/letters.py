"""Letters of five by eight points, so that a PNG needs no font: a byte per column, top bit last."""

from typing import Final

import numpy as np
import numpy.typing as npt

FIRST: Final = " "
COLUMNS: Final = bytes.fromhex(
    "000000000000005f00000007000700147f147f14242a7f2a1223130864623649562050000807030000"
    "1c2241000041221c002a1c7f1c2a08083e080800807030000808080808000060600020100804023e"
    "5149453e00427f400072494949462141494d331814127f1027454545393c4a494931412111090736"
    "494949364649 49291e00001400000040340000000814224114141414140041221408020159090 63e"
    "415d594e7c1211127c7f494949363e414141227f4141413e7f494949417f090909013e414151737f"
    "0808087f00417f41002040413f017f081422417f404040407f021c027f7f0408107f3e4141413e7f"
    "090909063e4151215e7f091929462649494932 03017f01033f4040403f1f2040201f3f4038403f63"
    "14081463030478040361594d4d43007f4141410204081020004141417f040201020440404040400003"
    "070800205454784 07f284444383844444428384444287f385454541800087e090218a4a49c787f08"
    "04047800447d4000204040 3d007f1028440000417f40007c047804787c0804047838444444 38fc18"
    "24241818242418fc7c08040408485454542404043f44243c4020407c1c2040201c3c4030403c4428"
    "1028444c9090907c4464544c44".replace(" ", "")
)
"""From the space to z, five bytes each."""


def stencil(words: str, scale: int) -> npt.NDArray[np.bool_]:
    """The words as points, rows x columns; what has no letter here is a question mark."""
    letters = [_letter(one) for one in words] or [np.zeros((8, 6), dtype=np.bool_)]
    return np.kron(np.hstack(letters), np.ones((scale, scale))).astype(np.bool_)


def _letter(one: str) -> npt.NDArray[np.bool_]:
    place = ord(one) - ord(FIRST)
    if not 0 <= place < len(COLUMNS) // 5:
        place = ord("?") - ord(FIRST)
    columns = np.frombuffer(COLUMNS[place * 5 : place * 5 + 5], dtype=np.uint8)
    points = np.unpackbits(columns[:, None], axis=1, bitorder="little").T
    return np.hstack([points, np.zeros((8, 1), dtype=np.uint8)]).astype(np.bool_)
