"""The console: where people look, decide and see what happened; one page a module, over the queries of `store/`."""
