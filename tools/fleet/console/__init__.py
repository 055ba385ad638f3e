"""The operators' console: what the terminals can do for farmers, in the browser."""
