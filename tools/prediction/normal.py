"""The one number of the normal distribution that every 90% interval here is made with."""

from typing import Final

Z_90: Final = 1.6448536269514722
"""Standard errors to each side of a normal mean that hold 90%."""
