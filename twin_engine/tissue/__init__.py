"""Soft tissue: bodies, contact, cutting, sutures, heat."""
