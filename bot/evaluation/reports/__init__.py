"""Figures as people and programs read them: JSON, Markdown, HTML, plots and the judge card."""
