"""The file door's throughput and memory, each beside its ceiling and its peers on the same file in the same run."""
