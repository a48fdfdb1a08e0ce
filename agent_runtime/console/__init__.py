"""The web side: chat, web forms and unsubscribing. A client of the store; it answers nobody."""
