/* Nothing to call: linking it is all. */
