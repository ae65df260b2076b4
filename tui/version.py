"""The version, where `etabli --version` reads it without the packaging machinery; a test holds pyproject equal."""

VERSION = "0.1.0"
