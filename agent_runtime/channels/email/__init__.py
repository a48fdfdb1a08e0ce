"""E-mail: composing, sending at most once, receiving, understanding the wire."""
