"""PDF and QR."""
