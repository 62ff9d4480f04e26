"""The `ridescore` command: reads settings, builds objects, calls the parts, shows results. No logic of its own."""
