"""A model that can be read and edited: one protocol, three ways to attach, and the proof that it works.

Prompts and answers are in `hooks.answers`.
"""
