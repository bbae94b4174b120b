"""The model in memory: load, generate, read, scale."""
