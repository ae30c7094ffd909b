"""`python -m evals`: figures on real data; a table on standard error, JSON on standard output."""

import sys

from evals.call_propensity import call_propensity
from evals.email_policy import email_policy
from evals.telling import tell


def main() -> int:
    """Print all figures. Exit code 1 where a target is missed or the data are not there."""
    return tell(lambda: (*email_policy(), *call_propensity()), as_json=True)


if __name__ == "__main__":
    sys.exit(main())
