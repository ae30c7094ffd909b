"""The console command `clearance`."""

from app.cli.root import main

__all__ = ["main"]
