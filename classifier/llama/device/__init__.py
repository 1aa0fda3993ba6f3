"""The native library, its devices and its memory."""
