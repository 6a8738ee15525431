"""The project's campaign against itself: for as many minutes as it is given, it looks for anything
that ends otherwise than in a result or in one line for the person.

`inputs` are damaged files and lines, read on a `bench`; `kills`, `callers`, `soak`, `clock` and
`stranger` are what happens to processes. docs/reliability.md says what is promised.
"""
