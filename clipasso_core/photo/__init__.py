"""A photograph, and what of it is to be sketched."""
