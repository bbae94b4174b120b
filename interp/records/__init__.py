"""The frozen records that pass between the packages, and nothing else.

Their files are in `interp.runs`, their pages in `interp.show`.
"""
