"""The register of subjects from the command line: import a list, invent one for demonstrations, build one for measurements."""
