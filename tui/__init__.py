"""Everything that faces a terminal: the Textual application and the command line."""
