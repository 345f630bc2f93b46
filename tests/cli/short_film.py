"""A clip with a moving picture and a tone."""

from make_media import moving_bars, tone, write_media


def write_clip(path, seconds):
    """Write a film of so many seconds."""
    return write_media(path, moving_bars(round(25 * seconds), 64, 64), sound=tone(seconds))
