"""The composition root: builds all services from their parts."""
