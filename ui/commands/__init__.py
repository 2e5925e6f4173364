"""Commands: the work behind the command line, one module a theme, imported when a command is called."""
