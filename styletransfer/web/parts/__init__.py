"""What the tabs are put together from."""
