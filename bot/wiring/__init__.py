"""The composition root's pieces: which services there are, and what each is built from."""
