"""A program for the fork server: it tells what it finds itself to be, in a file."""
