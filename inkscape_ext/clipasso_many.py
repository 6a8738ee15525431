"""Extensions > CLIPasso: see clipasso_many.inx."""

from clipasso_ext.effects import main
from clipasso_ext.many_effect import ManyEffect

if __name__ == "__main__":
    main(ManyEffect)
