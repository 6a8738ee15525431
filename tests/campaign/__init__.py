"""The project's campaign against itself: for as many minutes as it is given, it looks for anything
that ends otherwise than in a result or in one line for the person.

A `trial` draws `case` after case from the strategies (`pictures`, `documents`, `lines`, each by
`mutation` of what is valid) and has them read on a `bench`, by `engine_readers` or
`extension_readers`. `killing` has `victims` killed. `budget` shares the minutes.
docs/reliability.md says what is promised.
"""
