"""Asking a judge: menus, endpoints, caches and transcripts.

What is asked of an answer, and what a reply makes of it, is in `interp.labels` and `interp.scores`.
"""
