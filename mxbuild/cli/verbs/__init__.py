"""One module per verb; each has the click command as `command`."""
