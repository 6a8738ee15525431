"""Extensions > CLIPasso: see clipasso_engine.inx."""

from clipasso_ext.effects import EngineAndModels, main

if __name__ == "__main__":
    main(EngineAndModels)
