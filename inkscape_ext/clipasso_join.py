"""Extensions > CLIPasso: see clipasso_join.inx."""

from clipasso_ext.edits import Join
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Join)
