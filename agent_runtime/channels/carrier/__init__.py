"""Text messages through a carrier: SMS and WhatsApp."""
