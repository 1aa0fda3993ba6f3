"""Decodes pictures: fingerprints and small copies. Pillow and ImageHash are here. No Discord, no SQL."""
