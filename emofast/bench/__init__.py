"""What is measured and never asserted by tests: speed, and accuracy under disturbances, each with what it was measured on."""
