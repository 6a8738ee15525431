"""Extensions > CLIPasso: see clipasso_lock.inx."""

from clipasso_ext.edits import Lock
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Lock)
