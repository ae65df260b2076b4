"""The core: the language of the workshop and its rules. Knows no port, no screen, no profile file."""
