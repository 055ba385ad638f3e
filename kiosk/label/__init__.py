"""The label: one pure layout from content to a 1-bit picture at printer resolution; its text module also draws the screens."""
