"""The way to the wire: links move bytes and know time and loss; they never know meaning."""
