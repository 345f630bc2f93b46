"""Still images of faces: data sets, self-supervision on them, and what it is worth (SSL-FER; Shu et al. 2022)."""
