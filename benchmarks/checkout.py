"""Imported first: a benchmark measures this checkout, and not a copy of the package that is
installed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
