"""The one error a user is meant to read."""

LONGEST = 2000  # characters of a message: more than any of our own sentences with a long path, less than a screen


class InputError(Exception):
    """Something the user can put right.

    The message is one clear sentence: what was wrong, what was expected, what to do. Commands print it without a
    traceback and exit with code 2; a notebook shows it without a traceback too. What it quotes may be of any length
    (an id of a file of someone else's), so the middle of a message that is too long is left out.
    """

    def __init__(self, message: str) -> None:
        if len(message) > LONGEST:
            message = f"{message[: LONGEST // 2]} ... {message[-LONGEST // 2 :]}"
        super().__init__(message)

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [f"error: {' '.join(str(self).split())}"]
