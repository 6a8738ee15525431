"""Extensions > CLIPasso: see clipasso_engine.inx."""

from clipasso_ext.effects import main
from clipasso_ext.sketch_effects import EngineEffect

if __name__ == "__main__":
    main(EngineEffect)
