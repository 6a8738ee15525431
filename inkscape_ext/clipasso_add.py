"""Extensions > CLIPasso: see clipasso_add.inx."""

from clipasso_ext.edits import Add
from clipasso_ext.effects import main

if __name__ == "__main__":
    main(Add)
