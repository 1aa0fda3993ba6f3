"""The 20b model, run by llama.cpp in a process of its own. README.md tells what lives where.

Importing this package, and everything in it but `model` and `child`, does not load llama.cpp.
"""
