"""Find: what somebody says they need, to the entries that help. See docs/finding.md."""

import os

# One thread each: two web processes on two cores gain nothing from more, and spin.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
