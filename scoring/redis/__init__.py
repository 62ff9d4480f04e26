"""What goes over Redis, which is never the truth and never in the way. Only here is its client imported, when used."""
