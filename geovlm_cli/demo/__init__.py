"""The demo: every stage on generated scenes, with the embedded model."""
