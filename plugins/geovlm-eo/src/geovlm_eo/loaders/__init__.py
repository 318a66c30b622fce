"""Readers of the Earth-observation formats that users already have, one module each."""
