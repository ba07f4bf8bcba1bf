"""Models: one module per question that needs an estimator, each returning the same `Estimates`."""
