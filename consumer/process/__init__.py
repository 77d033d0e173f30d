"""The process around the loop: its clock, its signals, its signs of life, and several of it under one supervisor."""
