"""Everything together, in containers: built, started, used, broken on purpose, started again. `make e2e` runs it."""
