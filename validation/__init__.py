"""Do the estimators find the truth when the truth is known? Every check, on hundreds of invented states."""
