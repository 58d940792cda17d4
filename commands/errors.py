"""How a command fails for a reason that the person at the terminal can do something about."""


class CommandError(Exception):
    """The message is what is printed; the command ends with status 1."""
