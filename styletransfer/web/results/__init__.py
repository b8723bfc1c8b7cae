"""Results as the page keeps, tells and packs them."""
