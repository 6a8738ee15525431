"""Extensions > CLIPasso: see clipasso_unlock.inx."""

from clipasso_ext.edits import Unlock
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Unlock)
