"""The pages: each has `page()`, a few short functions that draw what a query gave; `ui.console.navigation` has all."""
