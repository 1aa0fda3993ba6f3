"""How much the lite judge finds: what doctor, start-up and the pages tell operators."""

from __future__ import annotations

#: Of ten violations in words that no pattern or example was written for, about this many are found. Measured on
#: 2026-11-30 with ``python -m benchmarks.lite --data DIR``; benchmarks/README.md has the figures, set by set.
FOUND_OF_TEN = 3
FINDS = f"finds about {FOUND_OF_TEN} of 10 new wordings"
#: Under policies that have examples alone it finds less than 1 of 100: see docs/judge-card.md.
FINDS_BY_POLICY = f"{FINDS} under the starter policies, next to none without patterns"
