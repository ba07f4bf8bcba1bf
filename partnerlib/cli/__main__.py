"""`python -m partnerlib.cli`."""

import sys

from partnerlib.cli import main

if __name__ == "__main__":
    sys.exit(main())
