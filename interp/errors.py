"""The one error a user is meant to read."""


class InputError(Exception):
    """Something the user can put right.

    The message is one clear sentence: what was wrong, what was expected, what to do. Commands print it without a
    traceback and exit with code 2; a notebook shows it without a traceback too.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [f"error: {' '.join(str(self).split())}"]
