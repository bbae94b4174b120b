"""The words of the toolkit: records, run store, metrics, models, prompts, labels. No torch, no scikit-learn at import."""
