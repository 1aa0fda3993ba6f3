"""`bylaw model`: get the model, check it, measure it; and `bylaw plan`, how much of it a community needs."""
