"""The machine below the engine: folders, logs, devices, threads, and the weights that are on it."""
