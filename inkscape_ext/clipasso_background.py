"""Extensions > CLIPasso: see clipasso_background.inx."""

from clipasso_ext.effects import Background, main

if __name__ == "__main__":
    main(Background)
