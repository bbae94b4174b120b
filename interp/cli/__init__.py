"""The front door of every command: options in, one sentence and an exit code out.

What a command does with them is not here.
"""
