"""The paper's five figures, each a function of saved files.

Figures of one's own runs alone are in `figures.further`.
"""
