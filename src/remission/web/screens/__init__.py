"""One view a module, named like its template."""
