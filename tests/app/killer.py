"""Runs `clearance` and kills its own process (SIGKILL) at a named point: killer.py POINT WORDS."""

import os
import signal
import sys

from tools import faultpoints

POINT = sys.argv[1]


def strike(point: str) -> None:
    if point == POINT:
        os.kill(os.getpid(), signal.SIGKILL)


faultpoints.strike = strike
sys.argv = ["clearance", *sys.argv[2:]]

from app.cli import main  # noqa: E402

main()
