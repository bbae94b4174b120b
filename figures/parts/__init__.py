"""What figures are made of: bars, curves, style, and the result that they read.

No figure is drawn here.
"""
