"""Extensions > CLIPasso: see clipasso_insert.inx."""

from clipasso_ext.effects import main
from clipasso_ext.sketch_effects import InsertEffect

if __name__ == "__main__":
    main(InsertEffect)
