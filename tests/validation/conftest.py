"""The cases of `tools/flood_validation`, that the tests run small and `make validate` in full."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
