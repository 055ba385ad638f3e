"""The steps. A landed step is never changed."""
