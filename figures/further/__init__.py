"""Figures of one's own runs that the paper does not have.

The paper's own are in `figures.paper`.
"""
