"""HDF5 files of strangers: what lies in the file itself, and never in another one that it names.

A link may lead into another file, and the values of a dataset may lie in any other (external storage) or be put
together from others (a virtual dataset). Such a file reads whatever its reader may read, and no digest of it says what.
"""

from __future__ import annotations

import h5py

MOST_LINKS = 16  # that are followed to one object
WAY_OUT = "copy the values into this one"


class OutsideError(ValueError):
    """A name in an HDF5 file that leads out of it."""


def inside(group: h5py.Group, path: str) -> h5py.Group | h5py.Dataset | None:
    """Return the group or dataset at `path` below a group, None where there is none.

    Links within the file are followed. Raises OutsideError where the way leads through another file, or a dataset's
    values do.
    """
    node, left, links = group, _parts(path), 0
    while left:
        if not isinstance(node, h5py.Group):
            return None
        name = left.pop(0).encode(errors="surrogateescape")
        if not node.id.links.exists(name):  # `name in node` would open what it leads to
            return None
        kind = node.id.links.get_info(name).type
        if kind == h5py.h5l.TYPE_SOFT:
            links += 1
            if links > MOST_LINKS:
                raise OutsideError(f"{path!r} is a chain of more than {MOST_LINKS} links; {WAY_OUT}")
            target = node.id.links.get_val(name).decode(errors="surrogateescape")
            left = _parts(target) + left
            node = node.file["/"] if target.startswith("/") else node
        elif kind == h5py.h5l.TYPE_HARD:
            node = node[name]
        else:
            raise OutsideError(f"{path!r} is a link to another file, which is not followed; {WAY_OUT}")
    if isinstance(node, h5py.Dataset) and (node.is_virtual or node.external):
        raise OutsideError(f"the values of {path!r} lie in another file, which is not read; {WAY_OUT}")
    return node


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
