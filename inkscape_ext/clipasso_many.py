"""Extensions > CLIPasso: see clipasso_many.inx."""

from clipasso_ext.start import start

if __name__ == "__main__":
    start("many_effect", "ManyEffect")
