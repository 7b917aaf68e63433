"""Models, servers and a client for the comparison of inference servers: see `benchmarks.inference`."""
