"""Extensions > CLIPasso: see clipasso_level.inx."""

from clipasso_ext.edits import Level
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Level)
