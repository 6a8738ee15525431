"""Groups of `clipasso` commands. Each command is its options plus one library call."""

# exit statuses
DONE, BUG, MISTAKE, INTERRUPTED = 0, 1, 2, 130
SOME_LEFT = 3  # of a batch: not all pictures are drawn
