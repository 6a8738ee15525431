"""Many pictures, one sketch each: found, drawn by several processes or machines, and kept account
of, so that the same command goes on where it was stopped.
"""
