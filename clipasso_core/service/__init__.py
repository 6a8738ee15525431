"""The warm engine: a process that keeps torch and the guide loaded, so that the next sketch begins
at once.

`place` says where it is and who may speak to it, `server` is the process, `client` starts it,
speaks with it and ends it.
"""
