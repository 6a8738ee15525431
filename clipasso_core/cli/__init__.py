"""Groups of `clipasso` commands. Each command is its options plus one library call."""

DONE, BUG, MISTAKE, INTERRUPTED = 0, 1, 2, 130  # exit statuses
