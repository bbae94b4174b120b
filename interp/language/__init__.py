"""What an answer's words say: claims, quantities, negation, hedging.

What follows for a label is in `interp.labels`.
"""
