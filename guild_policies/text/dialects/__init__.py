"""Policies as others write them: sections of what violates and what is safe, tables, codes, labelled examples."""
