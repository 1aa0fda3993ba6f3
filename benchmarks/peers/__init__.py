"""The programs that the engine is measured against, each behind the same small port (`benchmarks.workload.load`)."""
