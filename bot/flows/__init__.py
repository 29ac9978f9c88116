"""VERBS: the flows. They know nouns and ports, and none of the wires behind the ports."""
