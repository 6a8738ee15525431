"""`python -m clipasso_core` is the `clipasso` command."""

import sys

from clipasso_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
