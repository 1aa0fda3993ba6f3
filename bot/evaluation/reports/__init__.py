"""Reports of figures: JSON, Markdown, HTML, plots and the judge card."""
