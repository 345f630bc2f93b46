"""The proposals of SSL-FER (Shu et al. 2022), each a file of pure functions."""
