"""How much the lite judge finds, as doctor, the start-up log and the docs tell operators."""

from __future__ import annotations

#: About this many of ten violations are found if no pattern or example was written for their words. Measured on
#: 2026-11-30 with ``python -m benchmarks.lite --data DIR``; benchmarks/README.md has the figures, set by set.
FOUND_OF_TEN = 3
FINDS = f"finds about {FOUND_OF_TEN} of 10 new wordings"
#: Under policies that have examples alone it finds less than 1 of 100: see docs/judge-card.md.
FINDS_BY_POLICY = f"{FINDS} with the starter policies, almost none without patterns"
