"""What a buyer newly wrote, and what rules hear in it without a model."""
