"""Water-resistance testers for the dry test: air under pressure or vacuum, and how much of it gets into the case."""
