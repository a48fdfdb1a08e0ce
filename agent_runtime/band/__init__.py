"""What may go out without a person, as far as judged messages show it, and what narrows that."""
