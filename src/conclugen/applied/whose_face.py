"""Of several faces in a picture, which are scored."""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.applied.errors import ApplyError

CHOSEN, EACH = FACES = ("chosen", "each")
FACE = "face"  # the column of the number of a face, where each is a row


def check_faces(faces: str, visual: bool, detector: str | None, streams: Sequence[str]) -> None:
    """Raise ApplyError where faces cannot be taken so.

    Args:
        faces: one of `FACES`.
        visual: the model sees faces.
        detector: what finds them; `none`: videos are taken for tight ones.
        streams: what the model reads.
    """
    if faces not in FACES:
        raise ApplyError(f"faces {faces!r}: allowed are {', '.join(FACES)}")
    if faces == EACH and not visual:
        raise ApplyError(f"faces each: the model sees no faces, it reads {', '.join(streams)}")
    if faces == EACH and detector == "none":
        raise ApplyError("faces each: videos are taken for tight ones, so none is looked for; add --detector mtcnn")
