"""`python -m app.cli` is `clearance`."""

from app.cli import main

main()
