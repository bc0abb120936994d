"""The loss as a function of the parameters: on a fixed evaluation set, in a declared mode, with derivatives."""
