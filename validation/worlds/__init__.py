"""Small invented worlds with known effects, for questions that a whole synthetic state does not plant."""
