"""What stops the use of a model, told in one line that names the fix."""


class ApplyError(ValueError):
    """A model that cannot be exported or used, or inputs that it cannot be used on."""
