"""Training: what composes the core's exercises with simulated watches, recordings and a training workshop's folder."""
