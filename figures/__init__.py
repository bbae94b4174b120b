"""Pictures from finished result files."""
