"""The 20b model, run by llama.cpp in a process of its own. README.md explains the folders.

Importing anything in here loads no native code; `native.library` does, and it is called in the engine's process.
"""
