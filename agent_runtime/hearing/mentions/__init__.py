"""What a text mentions by name: moments, money, titles, software, people and companies."""
