"""Who gets which answer from which address: a file for each app. See README.md."""
