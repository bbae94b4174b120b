"""What a family of transformers models is: where its parts lie, how it is called, what it was set to, how far it reads.

All of it is read from the model alone. How a hook is attached is in `hooks.backend`, which turns what is missing here
into a sentence.
"""
