"""What figures are made of: bars, curves, style, and the result that they read.

The figures themselves are in `figures.paper` and `figures.further`.
"""
