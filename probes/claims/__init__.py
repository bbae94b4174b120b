"""The paper's claims, each recomputed from its published data.

The data themselves are read by `interp.study`.
"""
