"""The centre: collects, keeps and shows what the terminals report."""
