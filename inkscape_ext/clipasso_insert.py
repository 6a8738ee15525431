"""Extensions > CLIPasso: see clipasso_insert.inx."""

from clipasso_ext.effects import Insert, main

if __name__ == "__main__":
    main(Insert)
