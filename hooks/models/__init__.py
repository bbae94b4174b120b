"""Finding and loading a model: names, hub, embedded weights, checkpoints.

What is done with it in memory is in `hooks.backend`.
"""
