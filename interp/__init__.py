"""The words of the toolkit: records, run store, metrics, models, prompts, labels; light to import."""
