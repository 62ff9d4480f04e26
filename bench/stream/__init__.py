"""The stream door's throughput, latency and memory, each beside its ceiling and its peers in the same run."""
