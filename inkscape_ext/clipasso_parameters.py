"""Extensions > CLIPasso: see clipasso_parameters.inx."""

from clipasso_ext.effects import main
from clipasso_ext.sketch_effects import ParametersEffect

if __name__ == "__main__":
    main(ParametersEffect)
