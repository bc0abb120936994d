"""Sound: files that are put into films, a sound track that is made of a descent, and how loud they are."""
