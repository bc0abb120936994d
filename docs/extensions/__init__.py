"""What the book is made by beyond Sphinx: pages that are generated, and tutorials that run while it is built."""
