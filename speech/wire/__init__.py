"""What goes over the WebSocket between the speech server and who hears and speaks through it."""
