"""Extensions > CLIPasso: see clipasso_parameters.inx."""

from clipasso_ext.effects import Parameters, main

if __name__ == "__main__":
    main(Parameters)
