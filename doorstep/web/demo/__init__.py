"""The demo borough: a neighbourhood of synthetic people, made row by row from a seed."""
