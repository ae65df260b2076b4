"""One module a command; each is imported only when its command is given, and offers `run(arguments) -> exit code`."""
